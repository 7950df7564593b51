// bordering.h: rows and columns added around an image, or cut off.
#pragma once

#include "layers/layer.h"
#include "layers/name_fields.h"

namespace lehr {

/// Rows above and below, columns left and right. `1` is one on each side, `[1, 2]` one row and two columns, `[[0, 1], [2, 3]]` each by itself.
struct Border {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  constexpr Border() = default;
  constexpr Border(std::int64_t all) : top(all), bottom(all), left(all), right(all) {}  // NOLINT(google-explicit-constructor): .padding = 1
  constexpr Border(std::int64_t t, std::int64_t b, std::int64_t l, std::int64_t r) : top(t), bottom(b), left(l), right(r) {}
  friend bool operator==(const Border&, const Border&) = default;
};
template <>
struct SpecConvert<Border> {
  static Border from(const SpecValue& value);
  static SpecValue to(const Border& border);
  static std::string expects() { return "a number, [rows, columns] or [[top, bottom], [left, right]]"; }
};

struct ZeroPadding2D {
  static constexpr SpecInfo info{.name = "zero_padding2d",
                                 .class_name = "ZeroPadding2D",
                                 .summary = "zeros around the image",
                                 .formula = "y[p,q,c] = x[p - top, q - left, c] where that is inside, else 0"};
  Border padding = 1;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("padding", self.padding, "how many rows and columns");
    name_fields(self, f);
  }
};
struct Cropping2D {
  static constexpr SpecInfo info{.name = "cropping2d",
                                 .class_name = "Cropping2D",
                                 .summary = "cuts rows and columns off the image",
                                 .formula = "y[p,q,c] = x[p + top, q + left, c]"};
  Border cropping = 0;
  std::string name = {};
  bool trainable = true;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("cropping", self.cropping, "how many rows and columns");
    name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const ZeroPadding2D& spec);
std::unique_ptr<Layer> make_layer(const Cropping2D& spec);

/// A part of the image, or the image with a border, as an operation with its gradient: `border` is added on each side, cut off where negative.
Value emit_border(Planner& p, const std::string& layer, Value x, const Shape& in, const Border& border);

}  // namespace lehr
