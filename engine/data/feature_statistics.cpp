#include "engine/data/feature_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lehr {

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

double kept(double scale) { return scale < 10 * epsilon ? 1 : scale; }

double mean_of(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size()); }

/// A variance within the rounding of its own sum is none, as in scikit-learn.
FeatureScale standard(const std::vector<double>& v) {
  const auto n = static_cast<double>(v.size());
  const double mean = mean_of(v);
  double squares = 0, rest = 0;
  for (const double x : v) {
    squares += (x - mean) * (x - mean);
    rest += x - mean;  // what rounding left of the mean
  }
  const double variance = std::max(0.0, (squares - rest * rest / n) / n), noise = n * mean * epsilon;
  return {mean, variance <= n * epsilon * variance + noise * noise ? 1 : std::sqrt(variance)};
}

FeatureScale minmax(const std::vector<double>& v) {
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  return {*low, kept(*high - *low)};
}

/// Between the two nearest values in proportion, as numpy.percentile.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1), below = std::floor(place);
  const auto i = static_cast<std::size_t>(below);
  return i + 1 < sorted.size() ? sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

FeatureScale robust(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {quantile(v, 0.5), kept(quantile(v, 0.75) - quantile(v, 0.25))};
}

double most_frequent(const std::vector<double>& sorted) {
  double best = sorted.front();
  std::size_t most = 0;
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::upper_bound(begin, sorted.end(), *begin);
    if (const auto count = static_cast<std::size_t>(end - begin); count > most) {
      most = count;
      best = *begin;
    }
    begin = end;
  }
  return best;
}

}  // namespace

FeatureScale scale_of(FeatureScaling kind, std::vector<double> values) {
  switch (kind) {
    case FeatureScaling::standard:
      return standard(values);
    case FeatureScaling::minmax:
      return minmax(values);
    default:
      return robust(std::move(values));
  }
}

double fill_of(const std::string& how, std::vector<double> present) {
  if (how == "mean") return mean_of(present);
  std::sort(present.begin(), present.end());
  return how == "median" ? quantile(present, 0.5) : most_frequent(present);
}

}  // namespace lehr
