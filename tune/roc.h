// roc.h: areas under a curve of scores against a yes or no each: exact by ranks, or of a number of thresholds as keras.metrics.AUC has them.
#pragma once

#include <cstdint>
#include <vector>

namespace lehr {

/// How high the curve is between two of its points: by the form of the curve, as the higher of the two, as the lower.
enum class Summation : std::uint8_t { interpolation, majoring, minoring };

struct RocInput {
  std::vector<float> scores = {};
  std::vector<bool> positive = {};
  std::vector<double> weights = {};  ///< how much each counts; empty: 1
  double weight(std::size_t i) const { return weights.empty() ? 1 : weights[i]; }
};

/// Exact: the share of pairs of a positive and another that are ordered rightly, ties half, a pair by the product of its weights (Mann and
/// Whitney). NaN where one side is empty.
double roc_area(const RocInput& in);
/// Scores in 0..1 fall into thresholds - 1 bins of equal width; interpolation is trapezoids between their ends.
double roc_area(const RocInput& in, int thresholds, Summation summation = Summation::interpolation);
/// The same bins; with interpolation, between their ends true positives grow linearly with positives (Davis and Goadrich 2006), as Keras's.
double pr_area(const RocInput& in, int thresholds, Summation summation = Summation::interpolation);

}  // namespace lehr
