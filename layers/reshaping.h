// reshaping.h: layers that change the shape only. But for Permute no operation is emitted: the output is another name for the input.
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"

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
struct Reshape {
  static constexpr SpecInfo info{.name = "reshape",
                                 .class_name = "Reshape",
                                 .summary = "another shape for the same numbers",
                                 .formula = "elements in row-major order; one extent may be -1: what is left"};
  Required<std::vector<int>> target_shape = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("target_shape", self.target_shape, "without the batch, as [28, 28, 1]");
    name_fields(self, f);
  }
};
struct Permute {
  static constexpr SpecInfo info{.name = "permute",
                                 .class_name = "Permute",
                                 .summary = "axes in another order",
                                 .formula = "axis k of y is axis dims[k] of x, counted from 1"};
  Required<std::vector<int>> dims = {};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("dims", self.dims, "the axes of x, as [2, 1]; the batch is not counted");
    name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const Reshape& spec);
std::unique_ptr<Layer> make_layer(const Permute& spec);
std::unique_ptr<Layer> make_layer(const Flatten& spec);
std::unique_ptr<Layer> make_layer(const Identity& spec);

}  // namespace lehr
