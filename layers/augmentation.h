// augmentation.h: Keras's random image layers. Active in training only; they keep the values' range and have no weights. Inside a model, or
// in front of the training plan alone (`lehr fit --augment`). Arithmetic and random numbers: kernels/augment.h.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "kernels/augment.h"
#include "layers/layer.h"

namespace lehr {

/// Limits of a random factor as Keras takes them: `0.1` is -0.1 to 0.1, `[-0.1, 0.3]` is itself, in either order.
struct Factor {
  double lower = 0, upper = 0;
  constexpr Factor(double both) : lower(both < 0 ? both : -both), upper(-lower) {}  // NOLINT(google-explicit-constructor): .factor = 0.1
  constexpr Factor(double a, double b) : lower(a < b ? a : b), upper(a < b ? b : a) {}
  friend bool operator==(const Factor&, const Factor&) = default;
};
template <>
struct SpecConvert<Factor> {
  static Factor from(const SpecValue& value);
  static SpecValue to(const Factor& factor);
  static std::string expects() { return "a number, or a list [lower, upper]"; }
};

enum class Interpolation : std::uint8_t { bilinear, nearest };
template <>
struct SpecEnum<Interpolation> {
  static constexpr std::pair<std::string_view, Interpolation> names[] = {{"bilinear", Interpolation::bilinear},
                                                                         {"nearest", Interpolation::nearest}};
};
template <>
struct SpecEnum<FillMode> {
  static constexpr std::pair<std::string_view, FillMode> names[] = {
      {"reflect", FillMode::reflect}, {"wrap", FillMode::wrap}, {"constant", FillMode::constant}, {"nearest", FillMode::nearest}};
};
template <>
struct SpecEnum<FlipMode> {
  static constexpr std::pair<std::string_view, FlipMode> names[] = {{"horizontal_and_vertical", FlipMode::horizontal_and_vertical},
                                                                    {"horizontal", FlipMode::horizontal},
                                                                    {"vertical", FlipMode::vertical}};
};

/// What ends every list of fields here. A seed of its own gives a layer the same numbers in every run; two layers with one seed draw alike.
template <class Self, class F>
void random_fields(Self& self, F&& f) {
  f("seed", self.seed, "of this layer's random numbers; none: from the run's seed");
}
template <class Self, class F>
void augmentation_name_fields(Self& self, F&& f) {
  f("name", self.name, "name of the layer");
  f("trainable", self.trainable, "no weights: nothing to train");
}
template <class Self, class F>
void mapping_fields(Self& self, F&& f) {
  f("fill_mode", self.fill_mode, "outside the image: reflect dcba|abcd|dcba, wrap abcd|abcd|abcd, nearest aaaa|abcd|dddd, or fill_value");
  f("interpolation", self.interpolation, "between pixels");
  random_fields(self, f);
  f("fill_value", self.fill_value, "outside the image under fill_mode=constant");
  augmentation_name_fields(self, f);
}

struct RandomFlip {
  static constexpr SpecInfo info{.name = "random_flip",
                                 .class_name = "RandomFlip",
                                 .summary = "mirrors half of the images in training",
                                 .formula = "y = u <= 1/2 ? mirrored x : x; horizontal_and_vertical mirrors both axes at once"};
  FlipMode mode = FlipMode::horizontal_and_vertical;
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("mode", self.mode, "horizontal: left and right change places; vertical: up and down");
    random_fields(self, f);
    augmentation_name_fields(self, f);
  }
};

struct RandomRotation {
  static constexpr SpecInfo info{.name = "random_rotation",
                                 .class_name = "RandomRotation",
                                 .summary = "turns each image by a random angle in training",
                                 .formula = "angle = 2 pi * U(lower, upper) about the centre, counter-clockwise"};
  Required<Factor> factor = {};
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  std::optional<std::uint32_t> seed = {};
  double fill_value = 0;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("factor", self.factor, "share of a full turn: 0.1 is -36 to 36 degrees");
    mapping_fields(self, f);
  }
};

struct RandomTranslation {
  static constexpr SpecInfo info{.name = "random_translation",
                                 .class_name = "RandomTranslation",
                                 .summary = "shifts each image in training",
                                 .formula = "down by height * U(height_factor), right by width * U(width_factor)"};
  Required<Factor> height_factor = {}, width_factor = {};
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  std::optional<std::uint32_t> seed = {};
  double fill_value = 0;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("height_factor", self.height_factor, "share of the height; positive is down");
    f("width_factor", self.width_factor, "share of the width; positive is right");
    mapping_fields(self, f);
  }
};

struct RandomZoom {
  static constexpr SpecInfo info{
      .name = "random_zoom",
      .class_name = "RandomZoom",
      .summary = "zooms each image in training; positive factors zoom out",
      .formula = "height by 1 + U(height_factor), width by 1 + U(width_factor) or as the height, about the centre"};
  Required<Factor> height_factor = {};
  std::optional<Factor> width_factor = {};
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  std::optional<std::uint32_t> seed = {};
  double fill_value = 0;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("height_factor", self.height_factor, "0.2 is 20 % in to 20 % out");
    f("width_factor", self.width_factor, "none: the width follows the height");
    mapping_fields(self, f);
  }
};

struct RandomContrast {
  static constexpr SpecInfo info{.name = "random_contrast",
                                 .class_name = "RandomContrast",
                                 .summary = "stretches each channel about its mean in training",
                                 .formula =
                                     "y = clip((x - mean)*c + mean), c = U(1 - lower, 1 + upper); a single factor f only raises the "
                                     "contrast, c = U(1, 1 + f), as in Keras"};
  Required<Factor> factor = {};
  std::array<double, 2> value_range = {0, 255};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("factor", self.factor, "[lower, upper], 0 to 1 each; f is [0, f]");
    f("value_range", self.value_range, "of the images: results are cut to it");
    random_fields(self, f);
    augmentation_name_fields(self, f);
  }
};

struct RandomBrightness {
  static constexpr SpecInfo info{.name = "random_brightness",
                                 .class_name = "RandomBrightness",
                                 .summary = "makes each image lighter or darker in training",
                                 .formula = "y = clip(x + (high - low) * U(lower, upper))"};
  Required<Factor> factor = {};
  std::array<double, 2> value_range = {0, 255};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("factor", self.factor, "share of the value range: -1 is black, 1 white");
    f("value_range", self.value_range, "of the images: results are cut to it");
    random_fields(self, f);
    augmentation_name_fields(self, f);
  }
};

struct RandomCrop {
  static constexpr SpecInfo info{.name = "random_crop",
                                 .class_name = "RandomCrop",
                                 .summary = "cuts out a window, at random in training",
                                 .formula =
                                     "training: a window of height x width, at one place for the batch; otherwise, and where the "
                                     "image is not larger: the largest centred window of these proportions, resized"};
  Required<int> height = {}, width = {};
  std::optional<std::uint32_t> seed = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("height", self.height, "of the output, pixels");
    f("width", self.width, "of the output, pixels");
    random_fields(self, f);
    augmentation_name_fields(self, f);
  }
};

std::unique_ptr<Layer> make_layer(const RandomFlip& spec);
std::unique_ptr<Layer> make_layer(const RandomRotation& spec);
std::unique_ptr<Layer> make_layer(const RandomTranslation& spec);
std::unique_ptr<Layer> make_layer(const RandomZoom& spec);
std::unique_ptr<Layer> make_layer(const RandomContrast& spec);
std::unique_ptr<Layer> make_layer(const RandomBrightness& spec);
std::unique_ptr<Layer> make_layer(const RandomCrop& spec);

}  // namespace lehr
