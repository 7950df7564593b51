// monitor.h: what "better" means, once for every callback that watches a value, as in Keras since 3.11:
//   value + min_delta < best   (max: value - min_delta > best), compared in float32; the first value is always better, a NaN never.
#pragma once

#include <cmath>
#include <optional>

#include "tune/callback.h"

namespace lehr {

class Monitor {
 public:
  Monitor(std::string name, MonitorMode mode, double min_delta = 0)
      : name_(std::move(name)), maximize_(maximizes(mode, name_)), delta_(std::abs(min_delta)) {}
  const std::string& name() const { return name_; }
  bool improves(double value, const std::optional<double>& best) const {
    if (!best) return true;
    const auto shifted = static_cast<float>(maximize_ ? value - delta_ : value + delta_), reference = static_cast<float>(*best);
    return maximize_ ? shifted > reference : shifted < reference;
  }

 private:
  std::string name_;
  bool maximize_;
  double delta_;
};

}  // namespace lehr
