#include "kernels/gather.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const GatherSpec& spec) {
  const auto fits = [&](std::size_t n) { return n <= 1 || n == static_cast<std::size_t>(spec.channels); };
  if (spec.channels < 1 || spec.elements % spec.channels != 0 || !fits(spec.scale.size()) || !fits(spec.offset.size()))
    throw Error({.where = "gather",
                 .what = "channels, scale and offset do not fit the row",
                 .expected = "0, 1 or one number a channel",
                 .got = std::to_string(spec.scale.size()) + " and " + std::to_string(spec.offset.size()) + " numbers for " +
                        std::to_string(spec.channels) + " channels of " + std::to_string(spec.elements) + " elements"});
}

}  // namespace lehr
