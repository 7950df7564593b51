#include "kernels/dropout.h"

#include "kernels/error.h"

namespace lehr {

void verify(const DropoutSpec& spec) {
  if (!(spec.rate >= 0 && spec.rate <= 1))
    throw Error({.category = Category::usage,
                 .where = "dropout",
                 .what = "rate must be a share",
                 .expected = "0 to 1",
                 .got = std::to_string(spec.rate)});
}

}  // namespace lehr
