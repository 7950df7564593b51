#include "tune/trend.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lehr {

ValueSeries series_of(const History& history, std::string_view name) {
  ValueSeries out;
  for (std::int64_t i = 0; i < history.epochs(); ++i) {
    const double value = history.at(name, i);
    if (!std::isfinite(value)) continue;
    out.epochs.push_back(history.rows[static_cast<std::size_t>(i)].epoch);
    out.values.push_back(value);
  }
  return out;
}

Trend trend_of(const std::vector<double>& values, std::size_t window) {
  const std::size_t n = std::min(window, values.size());
  if (n < 2) return {.end = values.empty() ? 0.0 : values.back()};
  const auto first = values.end() - static_cast<std::ptrdiff_t>(n);
  const auto count = static_cast<double>(n);
  const double mid = (count - 1) / 2;
  const double mean = std::accumulate(first, values.end(), 0.0) / count;
  double covariance = 0;
  double spread = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(i) - mid;
    covariance += x * (first[static_cast<std::ptrdiff_t>(i)] - mean);
    spread += x * x;
  }
  Trend out{.slope = covariance / spread, .end = mean + covariance / spread * mid};
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double residual = first[static_cast<std::ptrdiff_t>(i)] - mean - out.slope * (static_cast<double>(i) - mid);
    squares += residual * residual;
  }
  out.noise = n > 2 ? std::sqrt(squares / (count - 2)) : 0.0;
  const double error = std::max(out.noise / std::sqrt(spread), 1e-12 * std::abs(mean) + 1e-300);
  out.certainty = std::abs(out.slope) / error;
  return out;
}

double mean_of_last(const std::vector<double>& values, std::size_t count) {
  const std::size_t n = std::min(count, values.size());
  return n == 0 ? 0.0 : std::accumulate(values.end() - static_cast<std::ptrdiff_t>(n), values.end(), 0.0) / static_cast<double>(n);
}

std::vector<double> smoothed(const std::vector<double>& values, std::size_t reach) {
  std::vector<double> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t begin = i < reach ? 0 : i - reach;
    const std::size_t end = std::min(values.size(), i + reach + 1);
    double sum = 0;
    for (std::size_t j = begin; j < end; ++j) sum += values[j];
    out.push_back(sum / static_cast<double>(end - begin));
  }
  return out;
}

}  // namespace lehr
