#include "engine/data/npy.h"

#include <charconv>
#include <cstring>
#include <limits>

#include "engine/atomic_file.h"
#include "engine/data/byte_reader.h"
#include "engine/data/file.h"

namespace lehr {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The header is a Python dictionary of three known keys; just that is read.
class HeaderText {
 public:
  HeaderText(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::string string_of(std::string_view key) {
    seek(key);
    const char quote = text_[at_];
    if (quote != '\'' && quote != '"') fail("its " + std::string(key) + " is not one element type");
    const auto end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("its header is damaged");
    return std::string(text_.substr(at_ + 1, end - at_ - 1));
  }
  bool bool_of(std::string_view key) {
    seek(key);
    if (text_.substr(at_).starts_with("True")) return true;
    if (text_.substr(at_).starts_with("False")) return false;
    fail("its header is damaged");
  }
  std::vector<std::int64_t> tuple_of(std::string_view key) {
    seek(key);
    if (text_[at_] != '(') fail("its header is damaged");
    std::vector<std::int64_t> out;
    for (++at_; at_ < text_.size() && text_[at_] != ')'; ++at_) {
      if (text_[at_] == ' ' || text_[at_] == ',' || text_[at_] == 'L') continue;
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      if (error != std::errc() || value < 0) fail("its shape is damaged");
      out.push_back(value);
      at_ = static_cast<std::size_t>(end - text_.data()) - 1;
    }
    if (at_ >= text_.size()) fail("its header is damaged");
    return out;
  }

 private:
  void seek(std::string_view key) {
    at_ = text_.find("'" + std::string(key) + "'");
    if (at_ == std::string_view::npos) fail("its header has no '" + std::string(key) + "'");
    at_ += key.size() + 2;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == ':')) ++at_;
    if (at_ >= text_.size()) fail("its header is damaged");
  }
  [[noreturn]] void fail(std::string what) const { throw Error({.category = Category::data, .where = file_, .what = std::move(what)}); }
  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
};

struct ElementType {
  std::string_view code;  ///< descr without byte order
  std::size_t bytes;
  DType becomes;
};
constexpr ElementType element_types[] = {{"f4", 4, DType::f32}, {"f8", 8, DType::f64}, {"f2", 2, DType::f32}, {"i4", 4, DType::i32},
                                         {"i8", 8, DType::i64}, {"u1", 1, DType::u8},  {"b1", 1, DType::u8},  {"i1", 1, DType::i32},
                                         {"i2", 2, DType::i32}, {"u2", 2, DType::i32}, {"u4", 4, DType::u32}, {"u8", 8, DType::i64}};

const ElementType& element_type(const std::string& descr, const std::string& file) {
  if (descr.size() >= 2 && std::string_view("<>|=").find(descr[0]) != std::string_view::npos)
    for (const ElementType& type : element_types)
      if (type.code == std::string_view(descr).substr(1)) return type;
  const bool object = descr.find('O') != std::string::npos;
  throw Error({.category = Category::data,
               .where = file,
               .what = object ? "holds Python objects, which are never unpickled" : "holds elements of a type that is not read",
               .expected = "numbers",
               .got = "dtype '" + descr + "'",
               .hint = "Save it as float32, float64, uint8, int32 or int64."});
}

std::uint64_t load_integer(const std::byte* from, std::size_t bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= static_cast<std::uint64_t>(from[i]) << (8 * (big_endian ? bytes - 1 - i : i));
  return value;
}

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U, exponent = (half >> 10U) & 31U, fraction = half & 1023U;
  if (exponent == 0) return (sign != 0 ? -1.0F : 1.0F) * static_cast<float>(fraction) * 0x1p-24F;
  return std::bit_cast<float>(sign | (exponent == 31 ? 255U : exponent + 112U) << 23U | fraction << 13U);
}

void convert_element(const NpyHeader& header, const std::byte* from, std::size_t bytes, std::byte* to) {
  const std::uint64_t raw = load_integer(from, bytes, header.descr[0] == '>');
  const std::string_view code = std::string_view(header.descr).substr(1);
  if (code == "f2") {
    const float value = half_to_float(static_cast<std::uint16_t>(raw));
    std::memcpy(to, &value, 4);
  } else if (code == "i1" || code == "i2" || code == "u2") {
    const auto value = code == "i1"   ? static_cast<std::int32_t>(static_cast<std::int8_t>(raw))
                       : code == "i2" ? static_cast<std::int32_t>(static_cast<std::int16_t>(raw))
                                      : static_cast<std::int32_t>(raw);
    std::memcpy(to, &value, 4);
  } else {
    std::memcpy(to, &raw, size_of(header.dtype));
  }
}

/// In Fortran order the first index runs fastest.
Array from_fortran(const NpyHeader& header, const std::byte* data, std::size_t item) {
  Array out(header.shape, header.dtype);
  const auto rank = header.shape.rank();
  std::vector<std::int64_t> index(rank, 0), stride(rank, 1);
  for (std::size_t d = 1; d < rank; ++d) stride[d] = stride[d - 1] * header.shape[d - 1];
  for (std::size_t i = 0; i < out.count(); ++i) {
    std::int64_t from = 0;
    for (std::size_t d = 0; d < rank; ++d) from += index[d] * stride[d];
    convert_element(header, data + static_cast<std::size_t>(from) * item, item, out.data() + i * size_of(header.dtype));
    for (std::size_t d = rank; d-- > 0;) {
      if (++index[d] < header.shape[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

std::string_view descr_of(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return "|u1";
    case DType::i32:
      return "<i4";
    case DType::i64:
      return "<i8";
    case DType::u32:
      return "<u4";
    case DType::f64:
      return "<f8";
    default:
      return "<f4";
  }
}

}  // namespace

std::size_t npy_item_bytes(const NpyHeader& header, const std::string& file) { return element_type(header.descr, file).bytes; }

bool npy_is_plain(const NpyHeader& header) {
  return !header.fortran_order && header.descr[0] != '>' && static_cast<std::size_t>(header.descr[2] - '0') == size_of(header.dtype);
}

NpyHeader parse_npy_header(std::span<const std::byte> start, std::size_t total_bytes, const std::string& file) {
  ByteReader in(start, file);
  if (start.size() < 10 || std::memcmp(start.data(), magic.data(), magic.size()) != 0)
    in.fail("is not a NumPy array file", "the bytes \\x93NUMPY");
  in.seek(6);
  const auto version = in.little<std::uint8_t>();
  in.take(1);
  if (version < 1 || version > 3) in.fail("is of an unknown NumPy format", "version 1 to 3", std::to_string(version));
  const std::size_t size = version == 1 ? in.little<std::uint16_t>() : in.little<std::uint32_t>();
  const auto raw = in.take(size);
  HeaderText text({reinterpret_cast<const char*>(raw.data()), raw.size()}, file);
  NpyHeader header{.descr = text.string_of("descr"), .fortran_order = text.bool_of("fortran_order"), .offset = in.offset()};
  const ElementType& type = element_type(header.descr, file);
  header.dtype = type.becomes;
  const auto extents = text.tuple_of("shape");
  // Any extent of 0 makes the array empty, but the others must still not overflow a product.
  std::uint64_t bytes = type.bytes;
  bool none = false;
  for (const std::int64_t extent : extents) {
    if (extent == 0) none = true;
    if (extent > 0 && bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / static_cast<std::uint64_t>(extent))
      in.fail("its shape is larger than any file");
    if (extent > 0) bytes *= static_cast<std::uint64_t>(extent);
  }
  header.shape = Shape(extents);
  if (!none && bytes > total_bytes - std::min(total_bytes, header.offset))
    throw Error({.category = Category::data,
                 .where = file + ", offset " + std::to_string(header.offset),
                 .what = "the file ends too early for shape " + header.shape.text() + " of " + header.descr,
                 .expected = std::to_string(bytes) + " bytes",
                 .got = std::to_string(total_bytes - std::min(total_bytes, header.offset)),
                 .hint = "It may have been cut; write or fetch it again."});
  return header;
}

Array npy_elements(const NpyHeader& header, std::span<const std::byte> bytes, Shape shape, const std::string& file) {
  const std::size_t item = npy_item_bytes(header, file);
  Array out(std::move(shape), header.dtype);
  if (bytes.size() != out.count() * item) throw Error({.where = file, .what = "the bytes do not fill the shape"});
  const bool plain = header.descr[0] != '>' && item == size_of(header.dtype);
  if (plain && !out.empty()) std::memcpy(out.data(), bytes.data(), out.bytes());
  for (std::size_t i = 0; !plain && i < out.count(); ++i)
    convert_element(header, bytes.data() + i * item, item, out.data() + i * size_of(header.dtype));
  return out;
}

Array parse_npy(std::span<const std::byte> bytes, const std::string& file) {
  const NpyHeader header = parse_npy_header(bytes, bytes.size(), file);
  const std::size_t item = npy_item_bytes(header, file);
  const auto data = bytes.subspan(header.offset);
  if (header.fortran_order && header.shape.rank() > 1) return from_fortran(header, data.data(), item);
  return npy_elements(header, data.first(static_cast<std::size_t>(header.shape.elements()) * item), header.shape, file);
}

Array read_npy(const std::string& file) { return parse_npy(read_bytes(file), file); }

std::vector<std::byte> npy_header(const Array& array) {
  std::string shape = "(";
  for (const std::int64_t extent : array.shape().extents()) shape += std::to_string(extent) + (array.shape().rank() == 1 ? "," : ", ");
  if (array.shape().rank() > 1) shape.resize(shape.size() - 2);
  std::string text = "{'descr': '" + std::string(descr_of(array.dtype())) + "', 'fortran_order': False, 'shape': " + shape + "), }";
  // The elements begin at a multiple of 64 bytes.
  text.append((64 - (10 + text.size() + 1) % 64) % 64, ' ');
  text += '\n';
  std::vector<std::byte> out(10 + text.size());
  std::memcpy(out.data(), magic.data(), 6);
  out[6] = std::byte{1};
  out[8] = static_cast<std::byte>(text.size() & 255U);
  out[9] = static_cast<std::byte>(text.size() >> 8U);
  std::memcpy(out.data() + 10, text.data(), text.size());
  return out;
}

std::vector<std::byte> encode_npy(const Array& array) {
  if (array.dtype() == DType::bf16) return encode_npy(array.as_f32());
  std::vector<std::byte> out = npy_header(array);
  out.insert(out.end(), array.data(), array.data() + array.bytes());
  return out;
}

void write_npy(const std::string& file, const Array& array) { write_file_atomically(file, encode_npy(array)); }

}  // namespace lehr
