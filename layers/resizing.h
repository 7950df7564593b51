// resizing.h: images of another size: UpSampling2D, Resizing, CenterCrop; and vectors several times: RepeatVector.
#pragma once

#include "layers/augmentation.h"
#include "layers/layer.h"
#include "layers/name_fields.h"

namespace lehr {

struct UpSampling2D {
  static constexpr SpecInfo info{.name = "up_sampling2d",
                                 .class_name = "UpSampling2D",
                                 .summary = "a larger image, each pixel several times",
                                 .formula = "nearest: y[p,q,c] = x[p / rows, q / columns, c]; bilinear: between pixel centres"};
  Size2 size = 2;
  Interpolation interpolation = Interpolation::nearest;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("size", self.size, "factors of height and width");
    f("interpolation", self.interpolation, "between pixels");
    name_fields(self, f);
  }
};
struct Resizing {
  static constexpr SpecInfo info{.name = "resizing",
                                 .class_name = "Resizing",
                                 .summary = "the image in another size",
                                 .formula = "samples at ((p + 1/2) * h/height - 1/2, (q + 1/2) * w/width - 1/2)"};
  Required<int> height = {}, width = {};
  Interpolation interpolation = Interpolation::bilinear;
  bool crop_to_aspect_ratio = false;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("height", self.height, "of the output, pixels");
    f("width", self.width, "of the output, pixels");
    f("interpolation", self.interpolation, "between pixels");
    f("crop_to_aspect_ratio", self.crop_to_aspect_ratio, "first cut the largest centred window of the output's proportions");
    name_fields(self, f);
  }
};
struct CenterCrop {
  static constexpr SpecInfo info{
      .name = "center_crop",
      .class_name = "CenterCrop",
      .summary = "the middle of the image",
      .formula = "the centred window of height x width; of a smaller image the largest of these proportions, resized"};
  Required<int> height = {}, width = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("height", self.height, "of the output, pixels");
    f("width", self.width, "of the output, pixels");
    name_fields(self, f);
  }
};
struct RepeatVector {
  static constexpr SpecInfo info{
      .name = "repeat_vector", .class_name = "RepeatVector", .summary = "a vector n times", .formula = "(c,) -> (n, c): y[p] = x"};
  Required<int> n = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("n", self.n, "how often");
    name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const RepeatVector& spec);
std::unique_ptr<Layer> make_layer(const UpSampling2D& spec);
std::unique_ptr<Layer> make_layer(const Resizing& spec);
std::unique_ptr<Layer> make_layer(const CenterCrop& spec);

}  // namespace lehr
