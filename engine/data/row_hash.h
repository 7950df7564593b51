// row_hash.h: fingerprints of bytes and samples, for content hashes and for finding duplicates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace lehr {

/// FNV-1a over little-endian words of eight bytes, each step followed by a shift that carries high bits down.
class ContentHash {
 public:
  void add(const void* data, std::size_t bytes);
  void add(const std::string& text);  ///< and its length
  void add(const Array& array);       ///< shape, type, bytes
  std::uint64_t value() const { return value_ ^ value_ >> 32U; }

 private:
  void mix(std::uint64_t word) {
    value_ = (value_ ^ word) * 0x100000001b3ULL;
    value_ ^= value_ >> 29U;
  }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

std::vector<std::uint64_t> row_hashes(const Dataset& data);
bool same_row(const Dataset& a, std::int64_t row_a, const Dataset& b, std::int64_t row_b);  ///< byte for byte
std::vector<std::byte> row_bytes(const Dataset& data, std::int64_t row);

}  // namespace lehr
