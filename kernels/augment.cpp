#include "kernels/augment.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const AugmentSpec& s) {
  if (s.kind == AugmentKind::crop && (s.out_height < 1 || s.out_width < 1))
    throw Error({.category = Category::usage,
                 .where = "random_crop",
                 .what = "the window has no pixel",
                 .expected = "1 x 1 or more",
                 .got = std::to_string(s.out_height) + " x " + std::to_string(s.out_width)});
}

}  // namespace lehr
