// merging.h: layers that take several inputs.
#pragma once

#include "layers/layer.h"

namespace lehr {

struct Add {
  static constexpr SpecInfo info{.name = "add", .class_name = "Add", .summary = "sum of its inputs", .formula = "y = x_1 + x_2 + ..."};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
struct Concatenate {
  static constexpr SpecInfo info{.name = "concatenate",
                                 .class_name = "Concatenate",
                                 .summary = "its inputs side by side, along the last axis",
                                 .formula = "y = [x_1, x_2, ...]"};
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
std::unique_ptr<Layer> make_layer(const Add& spec);
std::unique_ptr<Layer> make_layer(const Concatenate& spec);

}  // namespace lehr
