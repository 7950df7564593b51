// group_norm.h: normalization of each sample's groups in float64, by its definition.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/group_norm.h"
#include "kernels/reference/sums.h"

namespace lehr::reference {

struct GroupStatistics {
  std::vector<double> mean, inverse;
};
/// Which group of which sample element i belongs to.
inline std::size_t group_of(const GroupNormSpec& s, std::size_t i) {
  const auto channels = static_cast<std::size_t>(s.channels), pixels = static_cast<std::size_t>(s.pixels),
             groups = static_cast<std::size_t>(s.groups);
  return i / (channels * pixels) * groups + i % channels / (channels / groups);
}
inline GroupStatistics group_statistics(const GroupNormSpec& s, const std::vector<double>& x) {
  const auto groups = static_cast<std::size_t>(s.batch * s.groups);
  const double n = static_cast<double>(x.size()) / static_cast<double>(groups);
  GroupStatistics out{std::vector<double>(groups), std::vector<double>(groups)};
  for (std::size_t i = 0; i < x.size(); ++i) out.mean[group_of(s, i)] += x[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i) out.inverse[group_of(s, i)] += std::pow(x[i] - out.mean[group_of(s, i)], 2) / n;
  for (double& v : out.inverse) v = 1 / std::sqrt(v + static_cast<double>(s.epsilon));
  return out;
}

inline Sums group_norm(const GroupNormSpec& s, const std::vector<double>& x, const std::vector<double>& gamma,
                       const std::vector<double>& beta) {
  const auto of = group_statistics(s, x);
  Sums y = zeros(static_cast<std::int64_t>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(s.channels), g = group_of(s, i);
    const double scale = of.inverse[g] * (gamma.empty() ? 1 : gamma[c]);
    add(y, i, x[i] * scale);
    add(y, i, -of.mean[g] * scale);
    if (!beta.empty()) add(y, i, beta[c]);
  }
  return y;
}

struct GroupNormGradients {
  Sums dx, d_gamma, d_beta;
};
inline GroupNormGradients group_norm_backward(const GroupNormSpec& s, const std::vector<double>& x, const std::vector<double>& dy,
                                              const std::vector<double>& gamma) {
  const auto of = group_statistics(s, x);
  const auto n = static_cast<double>(x.size()) / static_cast<double>(of.mean.size());
  GroupNormGradients out{zeros(static_cast<std::int64_t>(x.size())), zeros(s.channels), zeros(s.channels)};
  std::vector<double> mean(of.mean.size()), product(of.mean.size()), size(of.mean.size());
  const auto xhat = [&](std::size_t i) { return (x[i] - of.mean[group_of(s, i)]) * of.inverse[group_of(s, i)]; };
  const auto g_of = [&](std::size_t i) { return dy[i] * (gamma.empty() ? 1 : gamma[i % static_cast<std::size_t>(s.channels)]); };
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t g = group_of(s, i), c = i % static_cast<std::size_t>(s.channels);
    mean[g] += g_of(i) / n;
    product[g] += g_of(i) * xhat(i) / n;
    size[g] += std::abs(g_of(i)) * (1 + std::abs(xhat(i))) / n;
    out.d_gamma.value[c] += dy[i] * xhat(i);
    out.d_gamma.magnitude[c] += std::abs(dy[i]) * (std::abs(x[i]) + std::abs(of.mean[g])) * of.inverse[g];
    add(out.d_beta, c, dy[i]);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t g = group_of(s, i);
    out.dx.value[i] = of.inverse[g] * (g_of(i) - mean[g] - xhat(i) * product[g]);
    out.dx.magnitude[i] = of.inverse[g] * (std::abs(g_of(i)) + size[g] * (1 + std::abs(xhat(i))));
  }
  return out;
}

}  // namespace lehr::reference
