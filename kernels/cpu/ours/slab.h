// slab.h: a piece of an image batch with its padding written out, as float32, so that a convolution's inner loop has no borders.
//   slab[i, u, v, c] = image[i, (u0 + u - pad_top)/up, (v - pad_left)/up, c] where that is a pixel, else 0
// `up` > 1 spreads the pixels apart: the gradient of a strided convolution is a plain convolution of such a slab.
#pragma once

#include <cstdint>

#include "kernels/view.h"

namespace lehr::ours {

struct SlabShape {
  std::int64_t height = 0, width = 0, channels = 0;  ///< of an image
  std::int64_t pad_top = 0, pad_left = 0;            ///< may be negative: rows and columns that nobody reads
  std::int64_t up_h = 1, up_w = 1;
  std::int64_t slab_width = 0;

  std::int64_t row() const { return slab_width * channels; }  ///< floats
};

/// Rows u0 .. u0 + rows - 1 of one image.
void fill_slab(const SlabShape& shape, ConstView images, std::int64_t image, std::int64_t u0, std::int64_t rows, float* slab);

}  // namespace lehr::ours
