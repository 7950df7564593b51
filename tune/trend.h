// trend.h: a column of the History as a series of numbers, and what its recent past says.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tune/history.h"

namespace lehr {

/// The values that exist (epochs without one are left out) with their epochs.
struct ValueSeries {
  std::vector<std::int64_t> epochs = {};
  std::vector<double> values = {};
  std::size_t size() const { return values.size(); }
  double front() const { return values.front(); }
  double back() const { return values.back(); }
};

ValueSeries series_of(const History& history, std::string_view name);

/// Least squares over the last `window` values.
struct Trend {
  double slope = 0.0;      ///< per epoch
  double end = 0.0;        ///< the fitted value at the last epoch
  double noise = 0.0;      ///< standard deviation around the line
  double certainty = 0.0;  ///< |slope| over its standard error; large where there is no noise
  double gain(std::size_t window) const { return -slope * static_cast<double>(window - 1); }  ///< how far it fell
};

Trend trend_of(const std::vector<double>& values, std::size_t window);
double mean_of_last(const std::vector<double>& values, std::size_t count);
/// Centred means of up to 2*reach+1 values.
std::vector<double> smoothed(const std::vector<double>& values, std::size_t reach);

}  // namespace lehr
