// activation.h: keras.activations in float64, as their definitions read.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "kernels/activation.h"

namespace lehr::reference {

inline double softplus(double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0); }
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

inline double activation(const ActivationSpec& spec, double x) {
  const auto alpha = static_cast<double>(spec.alpha), threshold = static_cast<double>(spec.threshold);
  switch (spec.activation) {
    case Activation::relu:
      if (spec.max_value >= 0 && x >= static_cast<double>(spec.max_value)) return static_cast<double>(spec.max_value);
      return x >= threshold ? x : alpha * (x - threshold);
    case Activation::relu6:
      return std::clamp(x, 0.0, 6.0);
    case Activation::leaky_relu:
      return x > 0 ? x : alpha * x;
    case Activation::elu:
      return x > 0 ? x : alpha * (std::exp(x) - 1);
    case Activation::selu:
      return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (std::exp(x) - 1));
    case Activation::sigmoid:
      return sigmoid(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::softplus:
      return softplus(x);
    case Activation::softsign:
      return x / (1 + std::abs(x));
    case Activation::log_sigmoid:
      return -softplus(-x);
    case Activation::silu:
      return x * sigmoid(x);
    case Activation::gelu:
      if (spec.approximate) return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
      return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
    case Activation::hard_sigmoid:
      return std::clamp(x + 3, 0.0, 6.0) / 6;
    case Activation::hard_silu:
      return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    case Activation::mish:
      return x * std::tanh(softplus(x));
    case Activation::exponential:
      return std::exp(x);
    default:
      return x;
  }
}

/// [rows, channels]; softmax and log_softmax along the row.
inline std::vector<double> activation(const ActivationSpec& spec, const std::vector<double>& x) {
  std::vector<double> y(x.size());
  const auto channels = static_cast<std::size_t>(spec.channels);
  const bool soft = spec.activation == Activation::softmax || spec.activation == Activation::log_softmax;
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = soft ? 0 : activation(spec, x[i]);
  for (std::size_t r = 0; soft && r < x.size(); r += channels) {
    const double largest =
        *std::max_element(x.begin() + static_cast<std::ptrdiff_t>(r), x.begin() + static_cast<std::ptrdiff_t>(r + channels));
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += std::exp(x[r + c] - largest);
    for (std::size_t c = 0; c < channels; ++c) {
      const double log_p = x[r + c] - largest - std::log(sum);
      y[r + c] = spec.activation == Activation::softmax ? std::exp(log_p) : log_p;
    }
  }
  return y;
}

/// dy times the slope of an element-wise function, by central differences; for softmax the Jacobian, row by row.
inline std::vector<double> activation_backward(const ActivationSpec& spec, const std::vector<double>& x, const std::vector<double>& dy) {
  std::vector<double> dx(x.size());
  const bool softmax = spec.activation == Activation::softmax;
  if (!softmax && spec.activation != Activation::log_softmax) {
    constexpr double h = 1e-5;
    for (std::size_t i = 0; i < x.size(); ++i) dx[i] = dy[i] * (activation(spec, x[i] + h) - activation(spec, x[i] - h)) / (2 * h);
    return dx;
  }
  const auto y = activation(spec, x);
  const auto channels = static_cast<std::size_t>(spec.channels);
  for (std::size_t r = 0; r < x.size(); r += channels)
    for (std::size_t i = r; i < r + channels; ++i)
      for (std::size_t j = r; j < r + channels; ++j) {
        // d softmax_j / d x_i = p_j (1[i=j] - p_i);  d log softmax_j / d x_i = 1[i=j] - p_i
        const double same = i == j ? 1 : 0;
        dx[i] += dy[j] * (softmax ? y[j] * (same - y[i]) : same - std::exp(y[i]));
      }
  return dx;
}

}  // namespace lehr::reference
