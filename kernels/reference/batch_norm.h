// batch_norm.h: batch normalization and its gradient in float64, by their definition.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/batch_norm.h"
#include "kernels/reference/sums.h"

namespace lehr::reference {

struct Statistics {
  std::vector<double> mean, variance;
};
inline Statistics statistics(std::size_t channels, const std::vector<double>& x) {
  Statistics s{std::vector<double>(channels), std::vector<double>(channels)};
  const std::size_t rows_of_all = x.size() / channels;
  const auto rows = static_cast<double>(rows_of_all);
  for (std::size_t i = 0; i < x.size(); ++i) s.mean[i % channels] += x[i] / rows;
  for (std::size_t i = 0; i < x.size(); ++i) s.variance[i % channels] += std::pow(x[i] - s.mean[i % channels], 2) / rows;
  return s;
}

/// Around the given statistics. gamma and beta may be empty. Magnitudes: both sides of every difference.
inline Sums batch_norm(const Statistics& s, double epsilon, const std::vector<double>& x, const std::vector<double>& gamma,
                       const std::vector<double>& beta) {
  Sums y = zeros(static_cast<std::int64_t>(x.size()));
  const std::size_t channels = s.mean.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    const double scale = (gamma.empty() ? 1 : gamma[c]) / std::sqrt(s.variance[c] + epsilon);
    add(y, i, x[i] * scale);
    add(y, i, -s.mean[c] * scale);
    if (!beta.empty()) add(y, i, beta[c]);
  }
  return y;
}

struct BatchNormGradients {
  Sums dx, d_gamma, d_beta;
};
/// `training`: the statistics are those of x and depend on it.
inline BatchNormGradients batch_norm_backward(const Statistics& s, double epsilon, bool training, const std::vector<double>& x,
                                              const std::vector<double>& dy, const std::vector<double>& gamma) {
  const std::size_t channels = s.mean.size();
  const std::size_t rows_of_all = x.size() / channels;
  const auto rows = static_cast<double>(rows_of_all);
  const auto inverse = [&](std::size_t c) { return 1 / std::sqrt(s.variance[c] + epsilon); };
  BatchNormGradients g{zeros(static_cast<std::int64_t>(x.size())), zeros(static_cast<std::int64_t>(channels)),
                       zeros(static_cast<std::int64_t>(channels))};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    add(g.d_gamma, c, dy[i] * x[i] * inverse(c));
    add(g.d_gamma, c, -dy[i] * s.mean[c] * inverse(c));
    add(g.d_beta, c, dy[i]);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    const double scale = (gamma.empty() ? 1 : gamma[c]) * inverse(c), xhat = (x[i] - s.mean[c]) * inverse(c);
    g.dx.value[i] = scale * (dy[i] - (training ? (g.d_beta.value[c] + xhat * g.d_gamma.value[c]) / rows : 0));
    const double around = (std::abs(x[i]) + std::abs(s.mean[c])) * inverse(c);
    g.dx.magnitude[i] =
        std::abs(scale) * (std::abs(dy[i]) + (training ? (g.d_beta.magnitude[c] + around * g.d_gamma.magnitude[c]) / rows : 0));
  }
  return g;
}

}  // namespace lehr::reference
