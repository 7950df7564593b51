// loss.h: keras.losses of one row in float64, as their definitions read.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/loss.h"

namespace lehr::reference {

/// y: one number a class (one-hot or real), whatever form the kernel takes labels in.
inline double loss(const LossSpec& spec, std::vector<double> z, std::vector<double> y) {
  const auto n = static_cast<double>(z.size());
  const auto s = static_cast<double>(spec.label_smoothing), delta = static_cast<double>(spec.delta);
  const auto clip = [](double p) { return std::clamp(p, 1e-7, 1 - std::ldexp(1.0, -23)); };
  const auto mean = [&](auto f) {
    double sum = 0;
    for (std::size_t k = 0; k < z.size(); ++k) sum += f(z[k], y[k]);
    return sum / n;
  };
  switch (spec.kind) {
    case LossKind::sparse_categorical_crossentropy:
    case LossKind::categorical_crossentropy: {
      for (double& v : y) v = v * (1 - s) + s / n;
      std::vector<double> log_p(z.size());
      if (spec.from_logits || spec.kind == LossKind::sparse_categorical_crossentropy) {
        double sum = 0;
        for (double& v : z) sum += spec.from_logits ? std::exp(v) : (v = clip(v));
        for (std::size_t k = 0; k < z.size(); ++k) log_p[k] = (spec.from_logits ? z[k] : std::log(z[k])) - std::log(sum);
      } else {
        const double sum = std::accumulate(z.begin(), z.end(), 0.0);
        for (std::size_t k = 0; k < z.size(); ++k) log_p[k] = std::log(clip(z[k] / sum));
      }
      return -std::inner_product(y.begin(), y.end(), log_p.begin(), 0.0);
    }
    case LossKind::binary_crossentropy:
      for (double& v : y) v = v * (1 - s) + s / 2;
      if (spec.from_logits) return mean([](double v, double t) { return std::log1p(std::exp(-std::abs(v))) + std::max(v, 0.0) - v * t; });
      return mean([&](double v, double t) { return -t * std::log(clip(v)) - (1 - t) * std::log(1 - clip(v)); });
    case LossKind::mean_squared_error:
      return mean([](double v, double t) { return (v - t) * (v - t); });
    case LossKind::mean_absolute_error:
      return mean([](double v, double t) { return std::abs(v - t); });
    default:
      return mean([&](double v, double t) {
        const double e = std::abs(v - t);
        return e <= delta ? e * e / 2 : delta * e - delta * delta / 2;
      });
  }
}

}  // namespace lehr::reference
