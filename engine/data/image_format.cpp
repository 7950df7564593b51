#include "engine/data/image_format.h"

#include <algorithm>
#include <cstring>

#include "engine/data/byte_reader.h"

namespace lehr {

namespace {

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

[[noreturn]] void refuse_cmyk(const std::string& file) {
  throw Error({.category = Category::data,
               .where = file,
               .what = "is a CMYK JPEG (four components)",
               .expected = "grey or RGB",
               .hint = "Convert it first, for example by: convert in.jpg -colorspace sRGB out.jpg"});
}

[[noreturn]] void refuse_16_bits(const std::string& file) {
  throw Error({.category = Category::data,
               .where = file,
               .what = "has 16 bits a channel",
               .expected = "8",
               .hint = "Convert it first, for example by: convert in.png -depth 8 out.png"});
}

/// One past the entropy-coded data: at the next marker that is neither a stuffed zero nor a restart.
std::size_t end_of_scan(std::span<const std::byte> bytes, std::size_t at) {
  for (; at + 1 < bytes.size(); ++at) {
    const auto next = static_cast<unsigned>(bytes[at + 1]);
    if (bytes[at] == std::byte{0xff} && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.size();
}

/// Tables of at most 256 codes of which none is longer than its bits: stb_image 2.27 writes more of them past its own arrays.
void check_huffman_tables(std::span<const std::byte> segment, ByteReader& in) {
  constexpr std::size_t lengths = 16;
  while (!segment.empty()) {
    std::size_t codes = 0, room = 1;
    for (std::size_t i = 1; i <= lengths && i < segment.size(); ++i) {
      const auto count = static_cast<std::size_t>(segment[i]);
      codes += count;
      room = 2 * room;
      if (count > room)
        in.fail("the JPEG is damaged", "Huffman codes that fit their lengths",
                std::to_string(count) + " of " + std::to_string(i) + " bits");
      room -= count;
    }
    if (codes > 256) in.fail("the JPEG is damaged", "a Huffman table of at most 256 codes", std::to_string(codes));
    if (segment.size() < 1 + lengths + codes)
      in.fail("the JPEG is damaged", "a whole Huffman table", std::to_string(segment.size()) + " bytes");
    segment = segment.subspan(1 + lengths + codes);
  }
}

/// Walks the segments to the end-of-image marker.
void check_jpeg(std::span<const std::byte> bytes, const std::string& file) {
  ByteReader in(bytes, file);
  in.seek(2);
  while (true) {
    auto marker = in.big<std::uint8_t>();
    if (marker != 0xff) in.fail("the JPEG is damaged", "a marker");
    while (marker == 0xff) marker = in.big<std::uint8_t>();
    if (marker == 0xd9) return;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const auto length = in.big<std::uint16_t>();
    if (length < 2) in.fail("the JPEG is damaged", "a segment length of at least 2", std::to_string(length));
    const auto segment = in.take(length - 2U);
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame && segment.size() > 5 && segment[5] == std::byte{4}) refuse_cmyk(file);
    if (marker == 0xc4) check_huffman_tables(segment, in);
    if (marker == 0xda) {
      const std::size_t end = end_of_scan(bytes, in.offset());
      if (end == bytes.size())
        throw Error({.category = Category::data,
                     .where = file + ", offset " + std::to_string(bytes.size()),
                     .what = "the JPEG ends too early",
                     .expected = "an end-of-image marker",
                     .hint = "The file was cut; fetch it again or remove it."});
      in.seek(end);
    }
  }
}

void check_png(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() > 24 && bytes[24] == std::byte{16}) refuse_16_bits(file);
  ByteReader in(bytes, file);
  in.seek(8);
  for (bool more = true; more;) {  // a chunk's length, name, data, checksum
    const auto length = in.big<std::uint32_t>();
    const auto name = in.take(4);
    in.take(std::uint64_t{length} + 4);
    more = std::memcmp(name.data(), "IEND", 4) != 0;
  }
}

/// Uncompressed rows are padded to four bytes.
void check_bmp(std::span<const std::byte> bytes, const std::string& file) {
  ByteReader in(bytes, file);
  in.seek(10);
  const auto data = in.little<std::uint32_t>();
  const auto header = in.little<std::uint32_t>();
  if (header < 40) return;
  const auto width = static_cast<std::int64_t>(in.little<std::int32_t>());
  const auto height = std::abs(static_cast<std::int64_t>(in.little<std::int32_t>()));
  in.take(2);
  const std::int64_t bits = in.little<std::uint16_t>();
  const auto compression = in.little<std::uint32_t>();
  if (compression != 0 && compression != 3) return;
  in.seek(data);
  if (width > 0) in.take(static_cast<std::uint64_t>((width * bits + 31) / 32 * 4 * height));
}

void check_pnm(std::span<const std::byte> bytes, const std::string& file) {
  const PnmHeader header = pnm_header(bytes, file);
  if (header.most > 255) refuse_16_bits(file);
  ByteReader in(bytes, file);
  in.seek(std::min(header.end + 1, bytes.size()));
  in.take(header.width * header.height * (bytes[1] == std::byte{'6'} ? 3 : 1));
}

}  // namespace

ImageKind image_kind(std::span<const std::byte> bytes) {
  if (starts_with(bytes, "\xff\xd8\xff")) return ImageKind::jpeg;
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return ImageKind::png;
  if (starts_with(bytes, "BM")) return ImageKind::bmp;
  if (starts_with(bytes, "P5") || starts_with(bytes, "P6")) return ImageKind::pnm;
  return ImageKind::unknown;
}

PnmHeader pnm_header(std::span<const std::byte> bytes, const std::string& file) {
  std::size_t at = 2;
  const auto byte = [&] { return at < bytes.size() ? static_cast<char>(bytes[at]) : '\0'; };
  const auto number = [&] {
    while (at < bytes.size() && (std::isspace(static_cast<unsigned char>(byte())) != 0 || byte() == '#')) {
      if (byte() == '#')
        while (at < bytes.size() && byte() != '\n') ++at;
      else
        ++at;
    }
    std::uint64_t value = 0;
    for (; byte() >= '0' && byte() <= '9'; ++at) {
      value = value * 10 + static_cast<std::uint64_t>(byte() - '0');
      if (value > INT32_MAX / 16)
        throw Error({.category = Category::data,
                     .where = file + ", offset " + std::to_string(at),
                     .what = "has a damaged image header",
                     .expected = "a width, a height and a largest value",
                     .got = "a number of too many digits"});
    }
    return value;
  };
  const std::uint64_t width = number(), height = number(), most = number();
  return {.width = width, .height = height, .most = most, .end = at};
}

void check_image_bytes(std::span<const std::byte> bytes, const std::string& file) {
  switch (image_kind(bytes)) {
    case ImageKind::jpeg:
      return check_jpeg(bytes, file);
    case ImageKind::png:
      return check_png(bytes, file);
    case ImageKind::bmp:
      return check_bmp(bytes, file);
    case ImageKind::pnm:
      return check_pnm(bytes, file);
    default:
      return;
  }
}

}  // namespace lehr
