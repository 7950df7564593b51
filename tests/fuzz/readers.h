// readers.h: everything that reads bytes nobody vouches for, one entry each, as the fuzzer (fuzzer.cpp) and the replay of its corpora (replay.cpp)
// call it. A reader ends in a value or in an Error; anything else is a find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lehr::fuzz {

struct Reader {
  std::string_view name;    ///< of its corpus' folder as well
  std::uint64_t ratio = 1;  ///< bytes in memory that one byte of an honest file may become before its numbers are known to be good
  /// Bytes that a value holds; throws Error where there is none.
  std::uint64_t (*read)(std::span<const std::byte> bytes) = nullptr;
};

std::span<const Reader> readers();
/// Null where there is none of this name.
const Reader* reader_of(std::string_view name);

/// What reading may hold at once: four times what the file and its value need, and a reader's own tables.
struct Allowance {
  std::uint64_t bytes = 0;
};
constexpr std::uint64_t tables = std::uint64_t{2} << 20U;
constexpr Allowance allowance(const Reader& reader, std::uint64_t file, std::uint64_t value, bool refused) {
  return {4 * (refused ? file * reader.ratio : file + value) + tables};
}

}  // namespace lehr::fuzz
