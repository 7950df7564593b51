// dropout.h: inverted dropout, active in training only.
#pragma once

#include "layers/layer.h"

namespace lehr {

struct Dropout {
  static constexpr SpecInfo info{.name = "dropout",
                                 .class_name = "Dropout",
                                 .summary = "sets a random share of the inputs to zero in training",
                                 .formula = "y = x * keep / (1 - rate), keep = u >= rate, u uniform on [0, 1)"};
  Required<double> rate = {};
  std::optional<std::vector<std::optional<int>>> noise_shape = {};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("rate", self.rate, "share set to zero, in [0, 1]");
    f("noise_shape", self.noise_shape, "axes of 1 share one draw, as [none, 1, 1, none] for whole channels; the batch is the first axis");
    f("seed", self.seed, "of this layer's random numbers; none: from the run's seed");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
std::unique_ptr<Layer> make_layer(const Dropout& spec);

}  // namespace lehr
