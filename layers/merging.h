// merging.h: layers that take several inputs. All but Concatenate repeat axes of 1.
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"

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
struct Subtract {
  static constexpr SpecInfo info{
      .name = "subtract", .class_name = "Subtract", .summary = "the first input less the second", .formula = "y = x_1 - x_2"};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    name_fields(self, f);
  }
};
struct Multiply {
  static constexpr SpecInfo info{
      .name = "multiply", .class_name = "Multiply", .summary = "product of its inputs", .formula = "y = x_1 * x_2 * ..."};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    name_fields(self, f);
  }
};
struct Average {
  static constexpr SpecInfo info{
      .name = "average", .class_name = "Average", .summary = "mean of its inputs", .formula = "y = (x_1 + x_2 + ... + x_n) / n"};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    name_fields(self, f);
  }
};
struct Maximum {
  static constexpr SpecInfo info{.name = "maximum",
                                 .class_name = "Maximum",
                                 .summary = "largest of its inputs, element by element",
                                 .formula = "y = max(x_1, x_2, ...)"};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    name_fields(self, f);
  }
};
struct Minimum {
  static constexpr SpecInfo info{.name = "minimum",
                                 .class_name = "Minimum",
                                 .summary = "smallest of its inputs, element by element",
                                 .formula = "y = min(x_1, x_2, ...)"};
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    name_fields(self, f);
  }
};
struct Concatenate {
  static constexpr SpecInfo info{.name = "concatenate",
                                 .class_name = "Concatenate",
                                 .summary = "its inputs side by side, along an axis",
                                 .formula = "y = [x_1, x_2, ...]"};
  int axis = -1;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("axis", self.axis, "the last: -1; the batch is axis 0");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "no weights: nothing to train");
  }
};
std::unique_ptr<Layer> make_layer(const Add& spec);
std::unique_ptr<Layer> make_layer(const Subtract& spec);
std::unique_ptr<Layer> make_layer(const Multiply& spec);
std::unique_ptr<Layer> make_layer(const Average& spec);
std::unique_ptr<Layer> make_layer(const Maximum& spec);
std::unique_ptr<Layer> make_layer(const Minimum& spec);
std::unique_ptr<Layer> make_layer(const Concatenate& spec);

}  // namespace lehr
