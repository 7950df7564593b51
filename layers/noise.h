// noise.h: layers that disturb in training: GaussianNoise, GaussianDropout, SpatialDropout2D, StochasticDepth.
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"

namespace lehr {

struct GaussianNoise {
  static constexpr SpecInfo info{.name = "gaussian_noise",
                                 .class_name = "GaussianNoise",
                                 .summary = "adds normal numbers in training",
                                 .formula = "y = x + stddev * z, z standard normal"};
  Required<double> stddev = {};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("stddev", self.stddev, "standard deviation of the noise");
    f("seed", self.seed, "of this layer's random numbers; none: from the run's seed");
    name_fields(self, f);
  }
};
struct GaussianDropout {
  static constexpr SpecInfo info{.name = "gaussian_dropout",
                                 .class_name = "GaussianDropout",
                                 .summary = "multiplies by normal numbers about 1 in training",
                                 .formula = "y = x * (1 + sqrt(rate / (1 - rate)) * z), z standard normal"};
  Required<double> rate = {};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("rate", self.rate, "as that of a dropout with the same deviation, in [0, 1)");
    f("seed", self.seed, "of this layer's random numbers; none: from the run's seed");
    name_fields(self, f);
  }
};
struct SpatialDropout2D {
  static constexpr SpecInfo info{.name = "spatial_dropout2d",
                                 .class_name = "SpatialDropout2D",
                                 .summary = "sets a random share of whole channels to zero in training",
                                 .formula = "y[.,.,c] = x[.,.,c] * keep[c] / (1 - rate)"};
  Required<double> rate = {};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("rate", self.rate, "share set to zero, in [0, 1]");
    f("seed", self.seed, "of this layer's random numbers; none: from the run's seed");
    name_fields(self, f);
  }
};
struct StochasticDepth {
  static constexpr SpecInfo info{.name = "stochastic_depth",
                                 .class_name = "StochasticDepth",
                                 .summary = "sets a random share of whole samples to zero in training",
                                 .formula = "y = x * keep / (1 - drop_path_rate), one keep a sample"};
  Required<double> drop_path_rate = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("drop_path_rate", self.drop_path_rate, "share set to zero, in [0, 1)");
    name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const GaussianNoise& spec);
std::unique_ptr<Layer> make_layer(const GaussianDropout& spec);
std::unique_ptr<Layer> make_layer(const SpatialDropout2D& spec);
std::unique_ptr<Layer> make_layer(const StochasticDepth& spec);

/// Dropout whose mask is drawn for a sample, a pixel, a channel, or shared over them.
struct SharedMask {
  double rate = 0;
  bool per_sample = true, per_pixel = false, per_channel = false;
  std::optional<std::uint32_t> seed = {};
};
std::unique_ptr<Layer> make_shared_dropout(SharedMask mask);

}  // namespace lehr
