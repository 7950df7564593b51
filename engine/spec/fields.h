// fields.h: what a spec is. A spec is a plain aggregate that names its fields once:
//
//   struct Dense {
//     static constexpr SpecInfo info{.name = "dense", .class_name = "Dense", .summary = "fully connected layer", .formula = "y =
//     activation(x . kernel + bias)"}; Required<int> units; Activation activation = Activation::linear; template <class Self, class F>
//     static void fields(Self& self, F&& f) {
//       f("units", self.units, "number of outputs");
//       f("activation", self.activation, "applied to the outputs");
//     }
//   };
//
// The one list serves the text grammar, Keras's config JSON, `lehr help`, the tuner, equality and checkpoints. Its order is that of Keras's
// positional arguments; its names are Keras's.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/error.h"

namespace lehr {

struct SpecInfo {
  std::string_view name;             ///< as printed in a spec string: snake_case
  std::string_view class_name = {};  ///< as in Keras's config: CamelCase
  std::string_view summary = {};     ///< one line for the catalogue
  std::string_view formula = {};     ///< as `lehr help NAME` prints it
};

/// A field that must be given. It has an unset state so that the parser and the help can build the aggregate.
template <class T>
class Required {
 public:
  constexpr Required() = default;
  constexpr Required(T value)
      : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): designated initializers are keyword arguments
  Required(const char* text)         // NOLINT(google-explicit-constructor): `{.filepath = "x"}` would take two conversions
    requires std::same_as<T, std::string>
      : value_(text) {}
  constexpr bool has_value() const { return value_.has_value(); }
  const T& value() const {
    if (!value_) throw Error({.category = Category::usage, .what = "a required field was not given"});
    return *value_;
  }
  operator const T&() const { return value(); }  // NOLINT(google-explicit-constructor)
  friend bool operator==(const Required&, const Required&) = default;

 private:
  std::optional<T> value_;
};

/// Calls f(name, member, meaning) for every field.
template <class Spec, class F>
void for_each_field(Spec& spec, F&& f) {
  std::remove_const_t<Spec>::fields(spec, std::forward<F>(f));
}

template <class T>
concept SpecType = requires {
  { T::info } -> std::convertible_to<SpecInfo>;
};

}  // namespace lehr
