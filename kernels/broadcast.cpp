#include "kernels/broadcast.h"

#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const BroadcastSpec& s) {
  for (std::size_t i = 0; i < 3; ++i)
    if (s.a[i] != s.b[i] && s.a[i] != 1 && s.b[i] != 1)
      throw Error(
          {.where = "broadcast", .what = "axes neither agree nor are 1", .got = std::to_string(s.a[i]) + " and " + std::to_string(s.b[i])});
}

}  // namespace lehr
