// numbers.h: constants of a layer: one for all channels, or one a channel.
#pragma once

#include <vector>

#include "engine/spec/convert.h"

namespace lehr {

/// A number, or one a channel.
struct Numbers {
  std::vector<double> values = {};
  Numbers() = default;
  Numbers(double one) : values{one} {}                            // NOLINT(google-explicit-constructor): .scale = 1 / 255.0
  Numbers(std::vector<double> each) : values(std::move(each)) {}  // NOLINT(google-explicit-constructor)
  double at(std::size_t channel) const { return values[values.size() == 1 ? 0 : channel]; }
  friend bool operator==(const Numbers&, const Numbers&) = default;
};
template <>
struct SpecConvert<Numbers> {
  static Numbers from(const SpecValue& value);
  static SpecValue to(const Numbers& numbers);
  static std::string expects() { return "a number, or a list of one a channel"; }
};

}  // namespace lehr
