#include "tune/plot/axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lehr::plot {

Axis::Axis(double low, double high, bool log, double begin, double end) : low_(low), high_(high), log_(log), begin_(begin), end_(end) {}

double Axis::pixel(double value) const {
  if (log_ && value <= 0) return std::numeric_limits<double>::quiet_NaN();
  const double share = log_ ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
  return begin_ + share * (end_ - begin_);
}

Extent extent_of(const std::vector<double>& values, bool log, double margin) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double v : values) {
    if (!std::isfinite(v) || (log && v <= 0)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (low > high) return log ? Extent{0.1, 1.0} : Extent{0.0, 1.0};
  if (log) {
    const double factor = high > low ? std::pow(high / low, margin) : 2.0;
    return {low / factor, high * factor};
  }
  const double slack = high > low ? (high - low) * margin : std::max(std::abs(high) * 0.1, 0.5);  // one value
  return {low - slack, high + slack};
}

}  // namespace lehr::plot
