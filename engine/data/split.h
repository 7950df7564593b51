// split.h: cutting a set into parts.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/data/dataset.h"

namespace lehr {

/// last: Keras's validation_split, the last rows before any shuffling. random: a seeded permutation. stratified: random within each class.
enum class SplitMode : std::uint8_t { last, random, stratified };

SplitMode split_mode_from(std::string_view name);  ///< throws Error{usage}
std::string_view name_of(SplitMode mode);

struct SplitRows {
  std::vector<std::int64_t> train, held_out;  ///< ascending
};

/// Keras's cut: the first floor(n * (1 - fraction)) rows train. Throws Error{usage} where a part would be empty.
SplitRows split_rows(const Dataset& data, double fraction, SplitMode mode = SplitMode::last, std::uint64_t seed = 0);
std::pair<Dataset, Dataset> split(const Dataset& data, double fraction, SplitMode mode = SplitMode::last, std::uint64_t seed = 0);

/// Train, validation and test in the given proportions (60, 20, 20), shuffled; within each class where stratified.
DataSplits split_parts(const Dataset& data, double train, double validation, double test, bool stratified, std::uint64_t seed);

/// A seeded permutation of 0..n-1 (Fisher-Yates over Philox).
std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed, std::uint32_t stream, std::uint64_t step = 0);

}  // namespace lehr
