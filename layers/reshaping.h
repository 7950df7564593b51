// reshaping.h: layers that change the shape only: no operation is emitted, the output is another name for the input.
#pragma once

#include "layers/layer.h"

namespace lehr {

struct Flatten {
  static constexpr SpecInfo info{
      .name = "flatten", .class_name = "Flatten", .summary = "one axis from all", .formula = "(h, w, c) -> (h*w*c,), row-major"};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
/// The value as it is: `add(identity, conv2d(...))`.
struct Identity {
  static constexpr SpecInfo info{.name = "identity", .class_name = "Identity", .summary = "the value as it is", .formula = "y = x"};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
std::unique_ptr<Layer> make_layer(const Flatten& spec);
std::unique_ptr<Layer> make_layer(const Identity& spec);

}  // namespace lehr
