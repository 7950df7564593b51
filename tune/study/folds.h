// folds.h: rows for cross-validation, the same as scikit-learn's for the same numbers of a generator: KFold, StratifiedKFold, RepeatedKFold.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/data/dataset.h"

namespace lehr {

struct Fold {
  std::vector<std::int64_t> train, test;  ///< ascending
};

/// Without a permutation: consecutive blocks, the first n % k one longer, as KFold(k). With one: the blocks of the permuted rows.
std::vector<Fold> k_fold(std::int64_t rows, std::int64_t k, std::span<const std::int64_t> permutation = {});

/// As StratifiedKFold(k): every class is spread evenly over the folds, in the order its rows come, or with `shuffle` in a seeded order.
/// Error{usage} where a class has fewer than k rows.
std::vector<Fold> stratified_k_fold(std::span<const std::int32_t> labels, std::int64_t k, std::uint64_t seed = 0, bool shuffle = false);

/// `repeats` times k shuffled folds, each from its own permutation.
std::vector<Fold> repeated_k_fold(std::int64_t rows, std::int64_t k, std::int64_t repeats, std::uint64_t seed);

/// Of a data set: stratified or plain, shuffled by `seed`.
std::vector<Fold> folds_of(const Dataset& data, std::int64_t k, bool stratified, std::uint64_t seed);

struct MeanWithError {
  double mean = 0, standard_error = 0;
};
/// Standard error of the mean, from the sample's deviation; 0 for one value.
MeanWithError mean_with_error(std::span<const double> values);

}  // namespace lehr
