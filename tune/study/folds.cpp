#include "tune/study/folds.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/data/split.h"

namespace lehr {

namespace {

constexpr std::uint32_t fold_stream = 0x0F01D;

void check_folds(std::int64_t k, std::int64_t rows, const std::string& what) {
  if (k >= 2 && k <= rows) return;
  throw Error({.category = Category::usage,
               .where = "--folds",
               .what = "there are not enough rows" + what,
               .expected = "2 to " + std::to_string(rows) + " folds",
               .got = std::to_string(k)});
}

/// Fold i holds out the rows whose number is i.
std::vector<Fold> from_numbers(std::span<const std::int64_t> numbers, std::int64_t k) {
  std::vector<Fold> out(static_cast<std::size_t>(k));
  for (std::size_t row = 0; row < numbers.size(); ++row)
    for (std::int64_t i = 0; i < k; ++i)
      (numbers[row] == i ? out[static_cast<std::size_t>(i)].test : out[static_cast<std::size_t>(i)].train)
          .push_back(static_cast<std::int64_t>(row));
  return out;
}

}  // namespace

std::vector<Fold> k_fold(std::int64_t rows, std::int64_t k, std::span<const std::int64_t> permutation) {
  check_folds(k, rows, "");
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(rows));
  for (std::int64_t i = 0, at = 0; i < k; ++i) {
    const std::int64_t size = rows / k + (i < rows % k ? 1 : 0);
    for (const std::int64_t end = at + size; at < end; ++at)
      numbers[static_cast<std::size_t>(permutation.empty() ? at : permutation[static_cast<std::size_t>(at)])] = i;
  }
  return from_numbers(numbers, k);
}

std::vector<Fold> stratified_k_fold(std::span<const std::int32_t> labels, std::int64_t k, std::uint64_t seed, bool shuffle) {
  check_folds(k, std::ssize(labels), "");
  // Classes in order of first appearance, as scikit-learn counts them.
  std::map<std::int32_t, std::size_t> index;
  std::vector<std::int64_t> classes;
  for (const auto label : labels) {
    const auto [at, added] = index.try_emplace(label, index.size());
    classes.push_back(static_cast<std::int64_t>(at->second));
  }
  // Sorted rows dealt out in turn say how many of each class a fold gets.
  std::vector<std::int64_t> sorted = classes;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::vector<std::int64_t>> share(index.size(), std::vector<std::int64_t>(static_cast<std::size_t>(k)));
  for (std::size_t i = 0; i < sorted.size(); ++i) ++share[static_cast<std::size_t>(sorted[i])][i % static_cast<std::size_t>(k)];
  std::vector<std::vector<std::int64_t>> dealt(index.size());
  for (std::size_t c = 0; c < index.size(); ++c) {
    for (std::int64_t i = 0; i < k; ++i)
      dealt[c].insert(dealt[c].end(), static_cast<std::size_t>(share[c][static_cast<std::size_t>(i)]), i);
    check_folds(k, std::ssize(dealt[c]), " of every class");
    if (!shuffle) continue;
    std::vector<std::int64_t> mixed;
    for (const auto at : permutation(std::ssize(dealt[c]), seed, fold_stream, c + 1))
      mixed.push_back(dealt[c][static_cast<std::size_t>(at)]);
    dealt[c] = std::move(mixed);
  }
  std::vector<std::size_t> next(index.size());
  std::vector<std::int64_t> numbers;
  for (const auto c : classes) numbers.push_back(dealt[static_cast<std::size_t>(c)][next[static_cast<std::size_t>(c)]++]);
  return from_numbers(numbers, k);
}

std::vector<Fold> repeated_k_fold(std::int64_t rows, std::int64_t k, std::int64_t repeats, std::uint64_t seed) {
  std::vector<Fold> out;
  for (std::int64_t r = 0; r < repeats; ++r) {
    const auto order = permutation(rows, seed, fold_stream, 1000 + static_cast<std::uint64_t>(r));
    for (auto& fold : k_fold(rows, k, order)) out.push_back(std::move(fold));
  }
  return out;
}

std::vector<Fold> folds_of(const Dataset& data, std::int64_t k, bool stratified, std::uint64_t seed) {
  if (!stratified) return k_fold(data.size(), k, permutation(data.size(), seed, fold_stream));
  return stratified_k_fold(data.label_ids(), k, seed, true);
}

MeanWithError mean_with_error(std::span<const double> values) {
  MeanWithError out;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) out.mean += v / n;
  if (values.size() < 2) return out;
  double square = 0;
  for (const double v : values) square += (v - out.mean) * (v - out.mean);
  out.standard_error = std::sqrt(square / (n - 1) / n);
  return out;
}

}  // namespace lehr
