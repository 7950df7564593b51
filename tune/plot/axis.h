// axis.h: from values to pixels along one direction.
#pragma once

#include <vector>

#include "tune/plot/ticks.h"

namespace lehr::plot {

class Axis {
 public:
  /// Values low … high over pixels begin … end (end may be less: y grows upwards).
  Axis(double low, double high, bool log, double begin, double end);
  double pixel(double value) const;  ///< NaN for what a log axis cannot show
  double low() const { return low_; }
  double high() const { return high_; }
  Ticks ticks(int wanted, bool whole) const { return log_ ? log_ticks(low_, high_, wanted) : nice_ticks(low_, high_, wanted, whole); }

 private:
  double low_, high_;
  bool log_;
  double begin_, end_;
};

/// Extent of finite values (positive ones on a log axis), widened by `margin` of itself; something sensible where there are none.
struct Extent {
  double low = 0.0, high = 1.0;
};
Extent extent_of(const std::vector<double>& values, bool log, double margin);

}  // namespace lehr::plot
