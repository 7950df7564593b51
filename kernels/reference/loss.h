// loss.h: keras.losses of one row in float64, as their definitions read.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/loss.h"

namespace lehr::reference {

/// Losses without options, of a row of numbers.
inline double distance(LossKind kind, const std::vector<double>& z, const std::vector<double>& y) {
  double sum = 0, zz = 0, yy = 0, largest = -std::numeric_limits<double>::infinity();
  const double smallest = 1e-7, n = static_cast<double>(z.size());
  for (std::size_t k = 0; k < z.size(); ++k) {
    const double margin = std::max(0.0, 1 - (y[k] == 0 ? -1 : y[k]) * z[k]);
    largest = std::max(largest, (1 - y[k]) * z[k]);
    zz += z[k] * z[k], yy += y[k] * y[k];
    switch (kind) {
      case LossKind::mean_absolute_percentage_error:
        sum += 100 * std::abs((y[k] - z[k]) / std::max(std::abs(y[k]), smallest));
        break;
      case LossKind::mean_squared_logarithmic_error:
        sum += std::pow(std::log1p(std::max(z[k], smallest)) - std::log1p(std::max(y[k], smallest)), 2);
        break;
      case LossKind::log_cosh:
        sum += std::log(std::cosh(z[k] - y[k]));
        break;
      case LossKind::hinge:
        sum += margin;
        break;
      case LossKind::squared_hinge:
        sum += margin * margin;
        break;
      case LossKind::poisson:
        sum += z[k] - y[k] * std::log(z[k] + smallest);
        break;
      case LossKind::kl_divergence: {
        const double t = std::clamp(y[k], smallest, 1.0);
        sum += t * std::log(t / std::clamp(z[k], smallest, 1.0));
        break;
      }
      default:  // products
        sum += y[k] * z[k];
    }
  }
  if (kind == LossKind::kl_divergence) return sum;
  if (kind == LossKind::cosine_similarity) return -sum / (std::max(std::sqrt(zz), smallest) * std::max(std::sqrt(yy), smallest));
  return kind == LossKind::categorical_hinge ? std::max(0.0, largest - sum + 1) : sum / n;
}

inline double focal_loss(const LossSpec& spec, std::vector<double> z, std::vector<double> y) {
  const auto alpha = static_cast<double>(spec.alpha), gamma = static_cast<double>(spec.gamma);
  const auto n = static_cast<double>(z.size()), s = static_cast<double>(spec.label_smoothing);
  const auto clip = [](double p) { return std::clamp(p, 1e-7, 1 - std::ldexp(1.0, -23)); };
  const bool binary = spec.kind == LossKind::binary_focal_crossentropy;
  double total = 0, sum = 0;
  for (double& v : z) {
    if (spec.from_logits) v = binary ? 1 / (1 + std::exp(-v)) : std::exp(v);
    total += v;
  }
  for (std::size_t k = 0; k < z.size(); ++k) {
    const double t = y[k] * (1 - s) + s / (binary ? 2 : n);
    if (!binary) {
      const double q = clip(z[k] / total);
      sum += -alpha * t * std::pow(1 - q, gamma) * std::log(q);
      continue;
    }
    const double crossentropy = -t * std::log(clip(z[k])) - (1 - t) * std::log(1 - clip(z[k]));
    const double balance = spec.class_balancing ? t * alpha + (1 - t) * (1 - alpha) : 1;
    sum += balance * std::pow(t * (1 - z[k]) + (1 - t) * z[k], gamma) * crossentropy / n;
  }
  return sum;
}

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
    case LossKind::huber:
      return mean([&](double v, double t) {
        const double e = std::abs(v - t);
        return e <= delta ? e * e / 2 : delta * e - delta * delta / 2;
      });
    case LossKind::categorical_focal_crossentropy:
    case LossKind::binary_focal_crossentropy:
      return focal_loss(spec, std::move(z), std::move(y));
    default:
      return distance(spec.kind, z, y);
  }
}

}  // namespace lehr::reference
