#include "kernels/pool2d.h"

#include <algorithm>
#include <string>

#include "kernels/error.h"

namespace lehr {

void verify(const Pool2dShape& s) {
  const auto refuse = [](const char* what, const char* expected, std::int64_t got) {
    throw Error({.category = Category::usage, .where = "pooling", .what = what, .expected = expected, .got = std::to_string(got)});
  };
  if (s.kernel_h * s.kernel_w > 255) refuse("the window has too many cells", "at most 255", s.kernel_h * s.kernel_w);
  if (std::min({s.kernel_h, s.kernel_w, s.stride_h, s.stride_w}) < 1)
    refuse("windows and strides must be positive", "1 or more", std::min({s.kernel_h, s.kernel_w, s.stride_h, s.stride_w}));
  if (s.height + s.pad_top + s.pad_bottom < s.kernel_h) refuse("the window is higher than the image", "a lower one", s.kernel_h);
  if (s.width + s.pad_left + s.pad_right < s.kernel_w) refuse("the window is wider than the image", "a narrower one", s.kernel_w);
  // A window that lies in the padding alone would have no maximum and no mean.
  if (std::max(s.pad_top, s.pad_bottom) >= s.kernel_h)
    refuse("padding must be smaller than the window", "less", std::max(s.pad_top, s.pad_bottom));
  if (std::max(s.pad_left, s.pad_right) >= s.kernel_w)
    refuse("padding must be smaller than the window", "less", std::max(s.pad_left, s.pad_right));
}

}  // namespace lehr
