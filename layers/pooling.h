// pooling.h: MaxPooling2D, AveragePooling2D and their global relatives.
#pragma once

#include "layers/layer.h"
#include "layers/window.h"

namespace lehr {

template <class Self, class F>
void pooling_fields(Self& self, F&& f) {
  f("pool_size", self.pool_size, "height and width of the window");
  f("strides", self.strides, "step of the window; none: pool_size");
  f("padding", self.padding, "valid: windows inside the image only; same: padded, so that no pixel is dropped");
  f("name", self.name, "name of the layer");
  f("trainable", self.trainable, "no weights: nothing to train");
}
template <class Self, class F>
void global_pooling_fields(Self& self, F&& f) {
  f("keepdims", self.keepdims, "true: the output is (1, 1, channels)");
  f("name", self.name, "name of the layer");
  f("trainable", self.trainable, "no weights: nothing to train");
}

struct MaxPooling2D {
  static constexpr SpecInfo info{.name = "max_pooling2d",
                                 .class_name = "MaxPooling2D",
                                 .summary = "maximum of a window",
                                 .formula = "y[p,q,c] = max over the window of x[., ., c]"};
  Size2 pool_size = 2;
  std::optional<Size2> strides = {};
  Padding padding = Padding::valid;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    pooling_fields(self, f);
  }
};
struct AveragePooling2D {
  static constexpr SpecInfo info{.name = "average_pooling2d",
                                 .class_name = "AveragePooling2D",
                                 .summary = "mean of a window",
                                 .formula = "y[p,q,c] = mean over the window's real pixels of x[., ., c]"};
  Size2 pool_size = 2;
  std::optional<Size2> strides = {};
  Padding padding = Padding::valid;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    pooling_fields(self, f);
  }
};
struct GlobalAveragePooling2D {
  static constexpr SpecInfo info{.name = "global_average_pooling2d",
                                 .class_name = "GlobalAveragePooling2D",
                                 .summary = "mean of each channel",
                                 .formula = "y[c] = mean over the image of x[., ., c]"};
  bool keepdims = false;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    global_pooling_fields(self, f);
  }
};
struct GlobalMaxPooling2D {
  static constexpr SpecInfo info{.name = "global_max_pooling2d",
                                 .class_name = "GlobalMaxPooling2D",
                                 .summary = "maximum of each channel",
                                 .formula = "y[c] = max over the image of x[., ., c]"};
  bool keepdims = false;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    global_pooling_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const MaxPooling2D& spec);
std::unique_ptr<Layer> make_layer(const AveragePooling2D& spec);
std::unique_ptr<Layer> make_layer(const GlobalAveragePooling2D& spec);
std::unique_ptr<Layer> make_layer(const GlobalMaxPooling2D& spec);

}  // namespace lehr
