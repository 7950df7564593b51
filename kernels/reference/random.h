// random.h: fills and dropout in float64, a word at a time.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/fill.h"
#include "kernels/philox.h"

namespace lehr::reference {

/// Of a 24-bit draw, in [0, 1).
inline double uniform(RandomKey key, std::uint64_t step, std::uint64_t element) {
  return std::ldexp(static_cast<double>(random_word(key, step, element) >> 8U), -24);
}

inline double normal(RandomKey key, std::uint64_t step, std::uint64_t element) {
  const double radius = std::sqrt(-2 * std::log1p(-uniform(key, step, 2 * element)));
  return radius * std::cos(2 * std::acos(-1.0) * uniform(key, step, 2 * element + 1));
}

inline std::vector<double> fill(const FillSpec& s) {
  std::vector<double> y;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(s.count); ++i) {
    double z = normal(s.key, 0, i);
    switch (s.distribution) {
      case Distribution::constant:
        y.push_back(s.a);
        continue;
      case Distribution::uniform:
        y.push_back(s.a + (s.b - s.a) * uniform(s.key, 0, i));
        continue;
      case Distribution::truncated_normal:
        for (std::uint64_t step = 1; std::abs(z) > 2; ++step) z = normal(s.key, step, i);
        [[fallthrough]];
      default:
        y.push_back(s.a + s.b * z);
    }
  }
  return y;
}

/// x / (1 - rate) where a draw is at least `rate`, nothing elsewhere.
inline std::vector<double> dropout(RandomKey key, std::uint64_t step, double rate, const std::vector<double>& x) {
  std::vector<double> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(uniform(key, step, i) >= rate ? x[i] / (1 - rate) : 0);
  return y;
}

}  // namespace lehr::reference
