#include "kernels/group_norm.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const GroupNormSpec& s) {
  if (s.groups < 1 || s.channels % s.groups != 0)
    throw Error({.category = Category::usage,
                 .where = "group normalization",
                 .what = "channels must be a multiple of groups",
                 .expected = "a multiple of " + std::to_string(s.groups),
                 .got = std::to_string(s.channels)});
}

}  // namespace lehr
