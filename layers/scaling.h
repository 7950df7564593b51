// scaling.h: layers that multiply by what they learned or were given: PReLU, and the layers of Keras's applications: LayerScale (ConvNeXt),
// CustomScaleLayer (InceptionResNetV2), StochasticDepth (ConvNeXt).
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"

namespace lehr {

struct PReLU {
  static constexpr SpecInfo info{.name = "prelu",
                                 .class_name = "PReLU",
                                 .summary = "rectifier with a learned slope below zero",
                                 .formula = "y = x for x >= 0, alpha*x otherwise; one alpha an element, or shared over axes"};
  Initializer alpha_initializer = zeros;
  Regularizer alpha_regularizer = {};
  Constraint alpha_constraint = {};
  std::vector<int> shared_axes = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("alpha_initializer", self.alpha_initializer, "starting values of alpha");
    f("alpha_regularizer", self.alpha_regularizer, "penalty on alpha");
    f("alpha_constraint", self.alpha_constraint, "applied to alpha after each step");
    f("shared_axes", self.shared_axes, "axes with one alpha, as [1, 2] for one a channel of an image");
    weighted_name_fields(self, f);
  }
};
struct LayerScale {
  static constexpr SpecInfo info{.name = "layer_scale",
                                 .class_name = "LayerScale",
                                 .summary = "multiplies each channel by a learned number",
                                 .formula = "y = x * gamma"};
  double init_values = 1e-6;
  Required<int> projection_dim = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("init_values", self.init_values, "starting value of gamma");
    f("projection_dim", self.projection_dim, "number of channels");
    weighted_name_fields(self, f);
  }
};
struct CustomScaleLayer {
  static constexpr SpecInfo info{.name = "custom_scale_layer",
                                 .class_name = "CustomScaleLayer",
                                 .summary = "the first input plus a share of the second",
                                 .formula = "y = x_1 + x_2 * scale"};
  Required<double> scale = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("scale", self.scale, "factor of the second input");
    name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const PReLU& spec);
std::unique_ptr<Layer> make_layer(const LayerScale& spec);
std::unique_ptr<Layer> make_layer(const CustomScaleLayer& spec);

}  // namespace lehr
