// operation.h: arithmetic between tensors, or of a tensor and a number, as keras.ops writes it into a Functional model: x * 0.5, x + y.
#pragma once

#include "kernels/broadcast.h"
#include "layers/layer.h"

namespace lehr {

template <>
struct SpecEnum<BinaryFunction> {
  static constexpr std::pair<std::string_view, BinaryFunction> names[] = {
      {"add", BinaryFunction::add},       {"subtract", BinaryFunction::subtract}, {"multiply", BinaryFunction::multiply},
      {"divide", BinaryFunction::divide}, {"maximum", BinaryFunction::maximum},   {"minimum", BinaryFunction::minimum},
      {"prelu", BinaryFunction::prelu}};
};

struct Operation {
  static constexpr SpecInfo info{.name = "operation",
                                 .class_name = "Operation",
                                 .summary = "arithmetic of two tensors, or of a tensor and a number",
                                 .formula = "y = function(x_1, x_2), function(x, constant) or function(constant, x), with broadcasting"};
  Required<BinaryFunction> function = {};
  std::optional<double> constant = {};
  bool constant_first = false;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("function", self.function, "which");
    f("constant", self.constant, "the number; none: two tensors");
    f("constant_first", self.constant_first, "the number stands before the tensor");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
std::unique_ptr<Layer> make_layer(const Operation& spec);

}  // namespace lehr
