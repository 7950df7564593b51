// sums.h: sums in float64, and beside each the same sum of absolute values: the scale of rounding errors.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lehr::reference {

struct Sums {
  std::vector<double> value, magnitude;
};
inline Sums zeros(std::int64_t count) {
  return {std::vector<double>(static_cast<std::size_t>(count)), std::vector<double>(static_cast<std::size_t>(count))};
}
inline void add(Sums& sums, std::size_t i, double v) {
  sums.value[i] += v;
  sums.magnitude[i] += std::abs(v);
}

}  // namespace lehr::reference
