#include "kernels/elementwise.h"

#include "kernels/error.h"

namespace lehr {

void verify(const ScaleOffsetSpec& spec) {
  const auto fits = [&](std::size_t n) { return n <= 1 || n == static_cast<std::size_t>(spec.channels); };
  if (!fits(spec.scale.size()) || !fits(spec.offset.size()))
    throw Error({.where = "scale",
                 .what = "scale and offset do not fit the channels",
                 .expected = "one number or " + std::to_string(spec.channels),
                 .got = std::to_string(spec.scale.size()) + " and " + std::to_string(spec.offset.size())});
}

}  // namespace lehr
