// batch_normalization.h: normalizes each channel by the batch in training, by moving statistics otherwise.
#pragma once

#include "layers/layer.h"

namespace lehr {

struct BatchNormalization {
  static constexpr SpecInfo info{
      .name = "batch_normalization",
      .class_name = "BatchNormalization",
      .summary = "normalizes each channel",
      .formula = "y = (x - mean) / sqrt(variance + epsilon) * gamma + beta; moving = moving*momentum + batch*(1 - momentum)"};
  int axis = -1;
  double momentum = 0.99, epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = zeros, gamma_initializer = ones, moving_mean_initializer = zeros, moving_variance_initializer = ones;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("axis", self.axis, "the channel axis: the last");
    f("momentum", self.momentum, "of the moving statistics");
    f("epsilon", self.epsilon, "added to the variance");
    f("center", self.center, "add beta");
    f("scale", self.scale, "multiply by gamma");
    f("beta_initializer", self.beta_initializer, "starting values of beta");
    f("gamma_initializer", self.gamma_initializer, "starting values of gamma");
    f("moving_mean_initializer", self.moving_mean_initializer, "starting values of the moving mean");
    f("moving_variance_initializer", self.moving_variance_initializer, "starting values of the moving variance");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "false: inference mode, the moving statistics stay");
  }
};
std::unique_ptr<Layer> make_layer(const BatchNormalization& spec);

}  // namespace lehr
