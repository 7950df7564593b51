// activations.h: the Activation layer and its relatives (ReLU, LeakyReLU, Softmax), and the emissions that Dense and Conv2D share with
// them.
#pragma once

#include "kernels/activation.h"
#include "layers/layer.h"

namespace lehr {

struct ActivationLayer {
  static constexpr SpecInfo info{
      .name = "activation", .class_name = "Activation", .summary = "applies a function to every element", .formula = "y = f(x)"};
  Required<Activation> activation = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("activation", self.activation, "the function");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
struct ReLU {
  static constexpr SpecInfo info{.name = "relu",
                                 .class_name = "ReLU",
                                 .summary = "rectifier",
                                 .formula = "y = max_value for x >= max_value, x for threshold <= x, else negative_slope*(x - threshold)"};
  std::optional<double> max_value = {};
  double negative_slope = 0, threshold = 0;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("max_value", self.max_value, "cap, none by default");
    f("negative_slope", self.negative_slope, "slope below the threshold");
    f("threshold", self.threshold, "where the slope becomes 1");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
struct LeakyReLU {
  static constexpr SpecInfo info{.name = "leaky_relu",
                                 .class_name = "LeakyReLU",
                                 .summary = "rectifier with a slope below zero",
                                 .formula = "y = x for x >= 0, negative_slope*x otherwise"};
  double negative_slope = 0.3;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("negative_slope", self.negative_slope, "slope below zero (the layer's default is 0.3, the function's 0.2)");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
struct ELU {
  static constexpr SpecInfo info{
      .name = "elu", .class_name = "ELU", .summary = "exponential below zero", .formula = "y = x for x > 0, alpha*(exp(x) - 1) otherwise"};
  double alpha = 1;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("alpha", self.alpha, "the limit far below zero is -alpha");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
struct Softmax {
  static constexpr SpecInfo info{.name = "softmax",
                                 .class_name = "Softmax",
                                 .summary = "probabilities along the last axis",
                                 .formula = "y_k = exp(x_k) / sum_j exp(x_j)"};
  int axis = -1;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("axis", self.axis, "the last: -1");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
std::unique_ptr<Layer> make_layer(const ActivationLayer& spec);
std::unique_ptr<Layer> make_layer(const ReLU& spec);
std::unique_ptr<Layer> make_layer(const LeakyReLU& spec);
std::unique_ptr<Layer> make_layer(const ELU& spec);
std::unique_ptr<Layer> make_layer(const Softmax& spec);

/// True where an activation is computed inside the product that feeds it and its gradient needs the output only.
bool fuses(Activation activation);

/// y = f(z) as an operation of its own, with its backward. softmax and sigmoid outputs remember their logits.
Value emit_activation(Planner& p, const std::string& layer, ActivationSpec spec, Value z);
Value emit_activation(Planner& p, const std::string& layer, Activation activation, Value z, std::int64_t rows, std::int64_t channels);

/// In backward: the gradient before the (fused) activation of y, and the bias gradient in the same pass. Returns dz.
Value emit_bias_activation_backward(Planner& p, const std::string& layer, Activation activation, Value y, std::int64_t rows,
                                    std::int64_t channels, std::optional<std::size_t> bias);

}  // namespace lehr
