// rescaling.h: y = x*scale + offset, inside the model.
#pragma once

#include "layers/layer.h"
#include "layers/numbers.h"

namespace lehr {

struct Rescaling {
  static constexpr SpecInfo info{
      .name = "rescaling", .class_name = "Rescaling", .summary = "multiplies and adds a constant", .formula = "y = x * scale + offset"};
  Required<Numbers> scale = {};
  Numbers offset = 0;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("scale", self.scale, "factor, as 1/255, or a list of one a channel");
    f("offset", self.offset, "added after; one number or one a channel");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
std::unique_ptr<Layer> make_layer(const Rescaling& spec);

}  // namespace lehr
