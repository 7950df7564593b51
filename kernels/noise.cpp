#include "kernels/noise.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const GaussianSpec& spec) {
  if (!(spec.stddev >= 0))
    throw Error(
        {.category = Category::usage, .where = "gaussian noise", .what = "stddev cannot be negative", .got = std::to_string(spec.stddev)});
}

void verify(const SharedDropoutSpec& spec) {
  if (!(spec.rate >= 0 && spec.rate <= 1))
    throw Error({.category = Category::usage,
                 .where = "dropout",
                 .what = "rate must be a share",
                 .expected = "0 to 1",
                 .got = std::to_string(spec.rate)});
}

}  // namespace lehr
