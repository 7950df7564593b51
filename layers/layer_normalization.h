// layer_normalization.h: each sample normalized by its own numbers: LayerNormalization over the last axes, GroupNormalization over groups of
// channels.
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"

namespace lehr {

template <class Self, class F>
void sample_normalization_fields(Self& self, F&& f) {
  f("epsilon", self.epsilon, "added to the variance");
  f("center", self.center, "add beta");
  f("scale", self.scale, "multiply by gamma");
  f("beta_initializer", self.beta_initializer, "starting values of beta");
  f("gamma_initializer", self.gamma_initializer, "starting values of gamma");
  f("beta_regularizer", self.beta_regularizer, "penalty on beta");
  f("gamma_regularizer", self.gamma_regularizer, "penalty on gamma");
  f("beta_constraint", self.beta_constraint, "applied to beta after each step");
  f("gamma_constraint", self.gamma_constraint, "applied to gamma after each step");
  weighted_name_fields(self, f);
}

struct LayerNormalization {
  static constexpr SpecInfo info{
      .name = "layer_normalization",
      .class_name = "LayerNormalization",
      .summary = "normalizes each sample over its last axes",
      .formula = "y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and variance of the sample's own"};
  std::vector<int> axis = {-1};
  double epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = zeros, gamma_initializer = ones;
  Regularizer beta_regularizer = {}, gamma_regularizer = {};
  Constraint beta_constraint = {}, gamma_constraint = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("axis", self.axis, "the last axes: -1, or [1, 2, 3]; the batch is axis 0");
    sample_normalization_fields(self, f);
  }
};
struct GroupNormalization {
  static constexpr SpecInfo info{
      .name = "group_normalization",
      .class_name = "GroupNormalization",
      .summary = "normalizes groups of channels of each sample",
      .formula = "y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, over the pixels and a group's channels"};
  int groups = 32;
  int axis = -1;
  double epsilon = 1e-3;
  bool center = true, scale = true;
  Initializer beta_initializer = zeros, gamma_initializer = ones;
  Regularizer beta_regularizer = {}, gamma_regularizer = {};
  Constraint beta_constraint = {}, gamma_constraint = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("groups", self.groups, "of channels; -1: each channel by itself");
    f("axis", self.axis, "the channel axis: the last");
    sample_normalization_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const LayerNormalization& spec);
std::unique_ptr<Layer> make_layer(const GroupNormalization& spec);

}  // namespace lehr
