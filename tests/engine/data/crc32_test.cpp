// The checksum of zip files is zlib's, whatever the length, the place in memory and the cuts.
#include "engine/data/crc32.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <vector>

using namespace lehr;

TEST_CASE("crc32: zlib's sum of any length, beginning anywhere, in one piece or in two") {
  std::vector<std::byte> bytes(5000);
  std::uint32_t word = 1;
  for (auto& byte : bytes) byte = static_cast<std::byte>((word = word * 1664525 + 1013904223) >> 24U);
  const auto zlib = [](std::span<const std::byte> part) {
    return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size())));
  };
  for (std::size_t length = 1; length < 400; ++length)
    for (const std::size_t begin : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{16}, length}) {
      const auto part = std::span(bytes).subspan(begin, length);
      REQUIRE(crc32_of(part) == zlib(part));
      REQUIRE(crc32_of(part.subspan(length / 3), crc32_of(part.first(length / 3))) == zlib(part));
    }
  CHECK(crc32_of(bytes) == zlib(bytes));
  CHECK(crc32_of({}) == 0);
  CHECK(crc32_of({}, 77) == 77);
}
