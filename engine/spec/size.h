// size.h: heights and widths as values of a spec: `3`, `3x3`, `[3, 3]`.
#pragma once

#include "engine/shape.h"
#include "engine/spec/convert.h"

namespace lehr {

template <>
struct SpecConvert<Size2> {
  using Pair = SpecConvert<std::array<int, 2>>;
  static Size2 from(const SpecValue& value) {
    const auto pair = Pair::from(value);
    return {pair[0], pair[1]};
  }
  static SpecValue to(const Size2& size) { return Pair::to({static_cast<int>(size.height), static_cast<int>(size.width)}); }
  static std::string expects() { return Pair::expects(); }
};

}  // namespace lehr
