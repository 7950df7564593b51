// activation_functions.h: one functor an activation: f(x), and f' from the output where gradient_from_output, else from the input.
#pragma once

#include "kernels/activation.h"
#include "kernels/fast_math.h"

namespace lehr::activations {

struct Linear {
  LEHR_HD float operator()(float x) const { return x; }
  LEHR_HD float derivative(float) const { return 1; }
};
struct Relu {
  LEHR_HD float operator()(float x) const { return x < 0 ? 0.0F : x; }
  LEHR_HD float derivative(float y) const { return y > 0 ? 1.0F : 0.0F; }
};
/// Keras's full form: x >= max -> max; threshold <= x < max -> x; else slope * (x - threshold).
struct GeneralRelu {
  float slope, max_value, threshold;
  LEHR_HD float operator()(float x) const {
    constexpr float lowest = std::numeric_limits<float>::lowest();  // 0 * -infinity would be NaN
    const float below = x - threshold;
    const float y = x >= threshold ? x : slope * (below < lowest ? lowest : below);
    return y > max_value ? max_value : y;
  }
  LEHR_HD float derivative(float y) const { return y > 0 ? (y < max_value ? 1.0F : 0.0F) : slope; }
};
struct Elu {
  float alpha;
  LEHR_HD float operator()(float x) const { return x > 0 ? x : alpha * (fast::exp(x) - 1); }
  LEHR_HD float derivative(float y) const { return y > 0 ? 1.0F : y + alpha; }
};
struct Selu {
  static constexpr float scale = 1.0507009873554805F, alpha = 1.6732632423543772F;
  LEHR_HD float operator()(float x) const { return scale * (x > 0 ? x : alpha * (fast::exp(x) - 1)); }
  LEHR_HD float derivative(float y) const { return y > 0 ? scale : y + scale * alpha; }
};
struct Sigmoid {
  LEHR_HD float operator()(float x) const { return fast::sigmoid(x); }
  LEHR_HD float derivative(float y) const { return y * (1 - y); }
};
struct Tanh {
  LEHR_HD float operator()(float x) const { return fast::tanh(x); }
  LEHR_HD float derivative(float y) const { return 1 - y * y; }
};
struct Softplus {
  LEHR_HD float operator()(float x) const { return fast::softplus(x); }
  LEHR_HD float derivative(float x) const { return fast::sigmoid(x); }
};
struct Softsign {
  LEHR_HD float operator()(float x) const { return x / (1 + std::abs(x)); }
  LEHR_HD float derivative(float y) const { return (1 - std::abs(y)) * (1 - std::abs(y)); }
};
struct LogSigmoid {
  LEHR_HD float operator()(float x) const { return -fast::softplus(-x); }
  LEHR_HD float derivative(float x) const { return fast::sigmoid(-x); }
};
struct Silu {
  LEHR_HD float operator()(float x) const { return x * fast::sigmoid(x); }
  LEHR_HD float derivative(float x) const {
    const float s = fast::sigmoid(x);
    return s * (1 + x * (1 - s));
  }
};
struct Gelu {
  LEHR_HD float operator()(float x) const { return 0.5F * x * (1 + fast::erf(x * 0.70710678F)); }
  LEHR_HD float derivative(float x) const { return 0.5F * (1 + fast::erf(x * 0.70710678F)) + x * 0.39894228F * fast::exp(-0.5F * x * x); }
};
struct GeluTanh {
  static constexpr float root = 0.79788456F, cubic = 0.044715F;  // sqrt(2/pi)
  LEHR_HD float operator()(float x) const { return 0.5F * x * (1 + fast::tanh(root * (x + cubic * x * x * x))); }
  LEHR_HD float derivative(float x) const {
    const float t = fast::tanh(root * (x + cubic * x * x * x));
    return 0.5F * (1 + t) + 0.5F * x * (1 - t * t) * root * (1 + 3 * cubic * x * x);
  }
};
struct HardSigmoid {
  LEHR_HD float operator()(float x) const {
    const float y = (x + 3) * (1.0F / 6);
    return y < 0 ? 0.0F : (y > 1 ? 1.0F : y);
  }
  LEHR_HD float derivative(float y) const { return y > 0 && y < 1 ? 1.0F / 6 : 0.0F; }
};
struct HardSilu {
  LEHR_HD float operator()(float x) const { return x * HardSigmoid{}(x); }
  LEHR_HD float derivative(float x) const { return x <= -3 ? 0.0F : (x >= 3 ? 1.0F : x * (1.0F / 3) + 0.5F); }
};
struct Mish {
  LEHR_HD float operator()(float x) const { return x * fast::tanh(fast::softplus(x)); }
  LEHR_HD float derivative(float x) const {
    const float t = fast::tanh(fast::softplus(x));
    return t + x * (1 - t * t) * fast::sigmoid(x);
  }
};
struct Exponential {
  LEHR_HD float operator()(float x) const { return fast::exp(x); }
  LEHR_HD float derivative(float y) const { return y; }
};

/// make(functor) for every activation but softmax and log_softmax.
template <class Make>
auto with_function(const ActivationSpec& spec, const Make& make) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  switch (spec.activation) {
    case Activation::relu:
      if (spec.alpha != 0 || spec.max_value >= 0 || spec.threshold != 0)
        return make(GeneralRelu{spec.alpha, spec.max_value >= 0 ? spec.max_value : infinity, spec.threshold});
      return make(Relu{});
    case Activation::relu6:
      return make(GeneralRelu{0, 6, 0});
    case Activation::leaky_relu:
      return make(GeneralRelu{spec.alpha, infinity, 0});
    case Activation::elu:
      return make(Elu{spec.alpha});
    case Activation::selu:
      return make(Selu{});
    case Activation::sigmoid:
      return make(Sigmoid{});
    case Activation::tanh:
      return make(Tanh{});
    case Activation::softplus:
      return make(Softplus{});
    case Activation::softsign:
      return make(Softsign{});
    case Activation::log_sigmoid:
      return make(LogSigmoid{});
    case Activation::silu:
      return make(Silu{});
    case Activation::gelu:
      if (spec.approximate) return make(GeluTanh{});
      return make(Gelu{});
    case Activation::hard_sigmoid:
      return make(HardSigmoid{});
    case Activation::hard_silu:
      return make(HardSilu{});
    case Activation::mish:
      return make(Mish{});
    case Activation::exponential:
      return make(Exponential{});
    default:
      return make(Linear{});
  }
}

}  // namespace lehr::activations
