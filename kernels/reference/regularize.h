// regularize.h: penalties and constraints in float64, as keras.regularizers and keras.constraints write them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/regularize.h"

namespace lehr::reference {

inline double penalty(const PenaltySpec& s, const std::vector<double>& w) {
  double absolute = 0, square = 0;
  for (const double v : w) {
    absolute += std::abs(v);
    square += v * v;
  }
  return static_cast<double>(s.scale) * (static_cast<double>(s.l1) * absolute + static_cast<double>(s.l2) * square);
}

inline std::vector<double> penalty_gradient(const PenaltySpec& s, const std::vector<double>& w) {
  std::vector<double> g;
  for (const double v : w)
    g.push_back(static_cast<double>(s.scale) * (static_cast<double>(s.l1) * (v > 0   ? 1
                                                                             : v < 0 ? -1
                                                                                     : 0) +
                                                2 * static_cast<double>(s.l2) * v));
  return g;
}

inline std::vector<double> constrain(const ConstraintSpec& s, std::vector<double> w) {
  const auto channels = static_cast<std::size_t>(s.channels);
  std::vector<double> norm(channels);
  for (std::size_t i = 0; i < w.size(); ++i) norm[i % channels] += w[i] * w[i];
  for (double& n : norm) n = std::sqrt(n);
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double n = norm[i % channels];
    if (s.kind == ConstraintKind::non_neg) w[i] = std::max(w[i], 0.0);
    if (s.kind == ConstraintKind::max_norm) w[i] *= std::clamp(n, 0.0, static_cast<double>(s.max_value)) / (1e-7 + n);
    if (s.kind == ConstraintKind::unit_norm) w[i] /= 1e-7 + n;
  }
  return w;
}

}  // namespace lehr::reference
