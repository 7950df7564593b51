// matmul.h: the product in float64, by its definition. `magnitude` is the same sum of absolute values: the scale of rounding errors.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/matmul.h"
#include "kernels/reference/sums.h"

namespace lehr::reference {

inline double activate(Activation activation, double v) {
  switch (activation) {
    case Activation::relu:
      return v > 0 ? v : 0;
    case Activation::relu6:
      return v < 0 ? 0 : v > 6 ? 6 : v;
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-v));
    case Activation::tanh:
      return std::tanh(v);
    default:
      return v;
  }
}

inline Sums matmul(const MatmulSpec& s, const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& bias) {
  Sums out{std::vector<double>(static_cast<std::size_t>(s.m * s.n)), std::vector<double>(static_cast<std::size_t>(s.m * s.n))};
  for (std::int64_t i = 0; i < s.m; ++i)
    for (std::int64_t j = 0; j < s.n; ++j) {
      double sum = s.bias ? bias[static_cast<std::size_t>(j)] : 0, magnitude = std::abs(sum);
      for (std::int64_t k = 0; k < s.k; ++k) {
        const double x = a[static_cast<std::size_t>(s.transpose_a ? k * s.m + i : i * s.k + k)];
        const double y = b[static_cast<std::size_t>(s.transpose_b ? j * s.k + k : k * s.n + j)];
        sum += x * y;
        magnitude += std::abs(x * y);
      }
      out.value[static_cast<std::size_t>(i * s.n + j)] = activate(s.activation, sum);
      out.magnitude[static_cast<std::size_t>(i * s.n + j)] = magnitude;
    }
  return out;
}

}  // namespace lehr::reference
