// segment_factor.h: what optimizers multiply a tensor's step by, from its weights and its update, as the papers write it.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace lehr::reference {

inline double norm(const std::vector<double>& x) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  return std::sqrt(squares);
}
inline double rms(const std::vector<double>& x) { return norm(x) / std::sqrt(static_cast<double>(x.size())); }

/// You et al. 2019 (LAMB), algorithm 2.
inline double trust_ratio(const std::vector<double>& w, const std::vector<double>& u) {
  return norm(w) > 0 && norm(u) > 0 ? norm(w) / norm(u) : 1;
}
/// You, Gitman, Ginsburg 2017 (LARS), equation 6.
inline double lars_ratio(const std::vector<double>& w, const std::vector<double>& g, double trust, double decay, double epsilon) {
  return norm(w) > 0 && norm(g) > 0 ? trust * norm(w) / (norm(g) + decay * norm(w) + epsilon) : 1;
}
/// Shazeer and Stern 2018 (Adafactor), algorithm 4: the relative step max(epsilon, RMS(w)) over the clipping max(1, RMS(u)/d).
inline double adafactor_ratio(const std::vector<double>& w, const std::vector<double>& u, double epsilon, double limit) {
  return std::max(epsilon, rms(w)) / std::max(1.0, rms(u) / limit);
}

}  // namespace lehr::reference
