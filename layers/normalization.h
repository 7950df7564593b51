// normalization.h: inputs brought to mean 0 and variance 1 by numbers that were measured before training.
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"
#include "layers/numbers.h"

namespace lehr {

struct Normalization {
  static constexpr SpecInfo info{.name = "normalization",
                                 .class_name = "Normalization",
                                 .summary = "mean 0 and variance 1, by given or adapted numbers",
                                 .formula = "y = (x - mean) / max(sqrt(variance), 1e-7); invert: y = mean + x * max(sqrt(variance), 1e-7)"};
  std::vector<int> axis = {-1};
  std::optional<Numbers> mean = {}, variance = {};
  bool invert = false;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("axis", self.axis, "the channel axis: the last; []: one number for all");
    f("mean", self.mean, "none: a weight, as Keras's adapt() leaves it");
    f("variance", self.variance, "given with mean");
    f("invert", self.invert, "the way back");
    name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const Normalization& spec);

}  // namespace lehr
