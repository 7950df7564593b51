#include "engine/data/tar.h"

#include <algorithm>
#include <cstring>

#include "engine/data/byte_reader.h"

namespace lehr {

namespace {

constexpr std::size_t block = 512;

std::string text_field(std::span<const std::byte> header, std::size_t at, std::size_t size) {
  const auto* begin = reinterpret_cast<const char*>(header.data() + at);
  return {begin, strnlen(begin, size)};
}

std::uint64_t octal_field(std::span<const std::byte> header, std::size_t at, std::size_t size, const ByteReader& in) {
  std::uint64_t value = 0;
  for (const char c : text_field(header, at, size)) {
    if (c == ' ') continue;
    if (c < '0' || c > '7') in.fail("is no tar archive, or it is damaged", "octal digits");
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

/// The sum of all bytes with the sum's own field as spaces.
void check_sum(std::span<const std::byte> header, const ByteReader& in) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<std::uint64_t>(header[i]);
  if (sum != octal_field(header, 148, 8, in)) in.fail("is no tar archive, or it is damaged", "a header with its checksum");
}

}  // namespace

std::vector<TarEntry> list_tar(std::span<const std::byte> archive, const std::string& file) {
  ByteReader in(archive, file);
  std::vector<TarEntry> out;
  std::string long_name;
  while (in.left() >= block) {
    const auto header = in.take(block);
    if (std::all_of(header.begin(), header.end(), [](std::byte b) { return b == std::byte{0}; })) break;
    check_sum(header, in);
    const auto size = octal_field(header, 124, 12, in);
    const auto bytes = in.take(size);
    in.take(std::min<std::size_t>(in.left(), (block - size % block) % block));
    const char type = static_cast<char>(header[156]);
    if (type == 'L') {
      long_name.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      long_name.resize(std::min(long_name.size(), long_name.find('\0')));
    } else if (type == '0' || type == '\0') {
      const std::string prefix = text_field(header, 257, 5) == "ustar" ? text_field(header, 345, 155) : "";
      std::string name = !long_name.empty() ? long_name : (prefix.empty() ? "" : prefix + "/") + text_field(header, 0, 100);
      out.push_back({.name = std::move(name), .bytes = bytes});
      long_name.clear();
    } else {
      long_name.clear();
    }
  }
  return out;
}

}  // namespace lehr
