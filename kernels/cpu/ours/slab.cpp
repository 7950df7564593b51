#include "kernels/cpu/ours/slab.h"

#include <algorithm>

#include "kernels/cpu/ours/epilogue.h"

namespace lehr::ours {
namespace {

void fill_row(const SlabShape& s, ConstView images, std::int64_t first, float* to) {
  std::fill_n(to, s.row(), 0.0F);
  if (s.up_w == 1) {
    const std::int64_t begin = std::max<std::int64_t>(0, s.pad_left), end = std::min(s.slab_width, s.pad_left + s.width);
    if (begin < end)
      load(images.data, images.dtype, first + (begin - s.pad_left) * s.channels, to + begin * s.channels, (end - begin) * s.channels);
    return;
  }
  for (std::int64_t x = 0; x < s.width; ++x) {
    const std::int64_t v = s.pad_left + x * s.up_w;
    if (v >= 0 && v < s.slab_width) load(images.data, images.dtype, first + x * s.channels, to + v * s.channels, s.channels);
  }
}

}  // namespace

void fill_slab(const SlabShape& s, ConstView images, std::int64_t image, std::int64_t u0, std::int64_t rows, float* slab) {
  for (std::int64_t u = 0; u < rows; ++u, slab += s.row()) {
    const std::int64_t y = u0 + u - s.pad_top;
    if (y < 0 || y % s.up_h != 0 || y / s.up_h >= s.height)
      std::fill_n(slab, s.row(), 0.0F);
    else
      fill_row(s, images, (image * s.height + y / s.up_h) * s.width * s.channels, slab);
  }
}

}  // namespace lehr::ours
