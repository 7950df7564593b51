#include "engine/data/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/error.h"
#include "kernels/philox.h"

namespace lehr {

namespace {

constexpr std::uint32_t split_stream = 0x73706c74;  // "splt"

/// Rows of each class in a seeded order; one group of all rows where classes do not matter.
std::vector<std::vector<std::int64_t>> shuffled_groups(const Dataset& data, bool by_class, std::uint64_t seed) {
  std::vector<std::vector<std::int64_t>> groups(by_class ? static_cast<std::size_t>(data.classes()) : 1);
  const auto ids = by_class ? data.label_ids() : std::vector<std::int32_t>{};
  for (const std::int64_t row : permutation(data.size(), seed, split_stream)) {
    const std::int32_t id = by_class ? ids[static_cast<std::size_t>(row)] : 0;
    if (id < 0) throw Error({.category = Category::data, .where = data.name, .what = "a label is negative", .got = std::to_string(id)});
    groups[static_cast<std::size_t>(id)].push_back(row);
  }
  return groups;
}

void check_sizes(const Dataset& data, const SplitRows& rows, double fraction) {
  if (!rows.train.empty() && !rows.held_out.empty()) return;
  throw Error({.category = Category::usage,
               .where = "--validation-split",
               .what = "a part would be empty",
               .expected = "a fraction that leaves at least one of " + std::to_string(data.size()) + " rows on each side",
               .got = std::to_string(fraction)});
}

}  // namespace

SplitMode split_mode_from(std::string_view name) {
  for (const SplitMode mode : {SplitMode::last, SplitMode::random, SplitMode::stratified})
    if (name_of(mode) == name) return mode;
  throw Error({.category = Category::usage,
               .where = "--split",
               .what = "unknown way to split",
               .expected = "last, random or stratified",
               .got = std::string(name)});
}

std::string_view name_of(SplitMode mode) { return mode == SplitMode::last ? "last" : mode == SplitMode::random ? "random" : "stratified"; }

std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed, std::uint32_t stream, std::uint64_t step) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(n));
  std::iota(out.begin(), out.end(), 0);
  const RandomKey key{.seed = seed, .stream = stream};
  for (std::int64_t i = n - 1; i > 0; --i) {
    // 64 random bits times the range, upper half: the bias is below 2^-30 for any set that fits a disk.
    const auto block = random_block(key, step, static_cast<std::uint64_t>(i));
    const std::uint64_t bits = std::uint64_t{block.v[0]} << 32U | block.v[1];
    const auto j = static_cast<std::int64_t>((static_cast<unsigned __int128>(bits) * static_cast<std::uint64_t>(i + 1)) >> 64U);
    std::swap(out[static_cast<std::size_t>(i)], out[static_cast<std::size_t>(j)]);
  }
  return out;
}

SplitRows split_rows(const Dataset& data, double fraction, SplitMode mode, std::uint64_t seed) {
  if (!(fraction > 0 && fraction < 1))
    throw Error({.category = Category::usage,
                 .where = "--validation-split",
                 .what = "not a fraction",
                 .expected = "a number between 0 and 1",
                 .got = std::to_string(fraction)});
  SplitRows rows;
  const auto cut = [&](std::size_t n) { return static_cast<std::size_t>(std::floor(static_cast<double>(n) * (1.0 - fraction))); };
  if (mode == SplitMode::last) {
    const auto at = static_cast<std::int64_t>(cut(static_cast<std::size_t>(data.size())));
    for (std::int64_t row = 0; row < data.size(); ++row) (row < at ? rows.train : rows.held_out).push_back(row);
  } else {
    for (const auto& group : shuffled_groups(data, mode == SplitMode::stratified, seed)) {
      // A class of one row trains.
      const std::size_t at = group.size() == 1               ? 1
                             : mode == SplitMode::stratified ? std::max<std::size_t>(cut(group.size()), 1)
                                                             : cut(group.size());
      for (std::size_t i = 0; i < group.size(); ++i) (i < at ? rows.train : rows.held_out).push_back(group[i]);
    }
    std::sort(rows.train.begin(), rows.train.end());
    std::sort(rows.held_out.begin(), rows.held_out.end());
  }
  check_sizes(data, rows, fraction);
  return rows;
}

std::pair<Dataset, Dataset> split(const Dataset& data, double fraction, SplitMode mode, std::uint64_t seed) {
  const SplitRows rows = split_rows(data, fraction, mode, seed);
  return {data.take(rows.train), data.take(rows.held_out)};
}

DataSplits split_parts(const Dataset& data, double train, double validation, double test, bool stratified, std::uint64_t seed) {
  const double whole = train + validation + test;
  if (!(train > 0 && validation >= 0 && test >= 0 && std::isfinite(whole)))
    throw Error({.category = Category::usage, .where = "--parts", .what = "not three proportions", .expected = "such as 60,20,20"});
  std::vector<std::int64_t> rows[3];
  for (const auto& group : shuffled_groups(data, stratified, seed)) {
    const auto n = static_cast<double>(group.size());
    const auto a = static_cast<std::size_t>(std::lround(n * train / whole));
    const auto b = static_cast<std::size_t>(std::lround(n * (train + validation) / whole));
    for (std::size_t i = 0; i < group.size(); ++i) rows[i < a ? 0 : i < b ? 1 : 2].push_back(group[i]);
  }
  DataSplits out{.source = data.name};
  const char* names[] = {"Train", "Validation", "Test"};
  std::optional<Dataset>* parts[] = {&out.train, &out.validation, &out.test};
  for (std::size_t part = 0; part < 3; ++part) {
    if (rows[part].empty()) continue;
    // Grouped by class so far: mixed again, so that the order of files tells nothing.
    std::vector<std::int64_t> mixed;
    for (const std::int64_t i : permutation(static_cast<std::int64_t>(rows[part].size()), seed, split_stream, part + 1))
      mixed.push_back(rows[part][static_cast<std::size_t>(i)]);
    *parts[part] = data.take(mixed);
    (*parts[part])->name = data.name.empty() ? names[part] : data.name + "/" + names[part];
  }
  return out;
}

}  // namespace lehr
