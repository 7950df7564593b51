#include "engine/data/idx.h"

#include <bit>
#include <cstring>

#include "engine/data/byte_reader.h"
#include "engine/data/file.h"
#include "engine/data/inflate.h"

namespace lehr {

namespace {

struct IdxType {
  DType becomes = DType::u8;
  std::size_t bytes = 1;
};

IdxType type_of(std::uint8_t code, const ByteReader& in) {
  switch (code) {
    case 0x08:
      return {DType::u8, 1};
    case 0x09:
      return {DType::i32, 1};
    case 0x0B:
      return {DType::i32, 2};
    case 0x0C:
      return {DType::i32, 4};
    case 0x0D:
      return {DType::f32, 4};
    case 0x0E:
      return {DType::f64, 8};
    default:
      in.fail("is not an IDX file", "an element type of 0x08 to 0x0E", std::to_string(code));
  }
}

void copy_elements(ByteReader& in, IdxType type, Array& out) {
  for (std::size_t i = 0; i < out.count(); ++i) {
    if (type.bytes == 8) {
      out.as<double>()[i] = std::bit_cast<double>(in.big<std::uint64_t>());
    } else if (type.becomes == DType::f32) {
      out.as<float>()[i] = std::bit_cast<float>(in.big<std::uint32_t>());
    } else {
      out.as<std::int32_t>()[i] = type.bytes == 1   ? in.big<std::int8_t>()
                                  : type.bytes == 2 ? in.big<std::int16_t>()
                                                    : in.big<std::int32_t>();
    }
  }
}

}  // namespace

Array read_idx(const std::string& file) {
  auto bytes = read_bytes(file);
  if (is_gzip(bytes)) bytes = inflate(bytes, Deflate::gzip, file);
  ByteReader in(bytes, file);
  if (in.big<std::uint16_t>() != 0) in.fail("is not an IDX file", "two zero bytes at the start");
  const IdxType type = type_of(in.big<std::uint8_t>(), in);
  const auto rank = in.big<std::uint8_t>();
  if (rank == 0 || rank > 8) in.fail("has an impossible number of axes", "1 to 8", std::to_string(rank));
  std::vector<std::int64_t> extents;
  std::uint64_t elements = 1;
  for (int axis = 0; axis < rank; ++axis) {
    const auto extent = in.big<std::uint32_t>();
    extents.push_back(extent);
    if (extent != 0 && elements > (std::uint64_t{1} << 40U) / extent) in.fail("claims a size larger than any file");
    elements *= extent;
  }
  if (elements * type.bytes != in.left())
    in.fail(elements * type.bytes > in.left() ? "the file ends too early" : "bytes are left over",
            std::to_string(elements * type.bytes) + " bytes for shape " + Shape(extents).text(), std::to_string(in.left()));
  Array out(Shape(std::move(extents)), type.becomes);
  if (type.becomes == DType::u8) {
    if (!out.empty()) std::memcpy(out.data(), in.take(out.bytes()).data(), out.bytes());
  } else {
    copy_elements(in, type, out);
  }
  return out;
}

}  // namespace lehr
