// window.h: padding of convolution and pooling windows, as TensorFlow counts it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/shape.h"
#include "kernels/error.h"

namespace lehr {

enum class Padding : std::uint8_t { valid, same };

/// One axis: `same` gives ceil(n/stride) outputs, the odd padded cell at the end; `valid` pads nothing.
struct WindowAxis {
  std::int64_t outputs = 0, before = 0, after = 0;
};
inline WindowAxis window_axis(std::int64_t n, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, Padding padding) {
  const std::int64_t extent = (kernel - 1) * dilation + 1;
  if (padding == Padding::valid) return {.outputs = n < extent ? 0 : (n - extent) / stride + 1};
  const std::int64_t outputs = (n - 1) / stride + 1, total = std::max<std::int64_t>((outputs - 1) * stride + extent - n, 0);
  return {.outputs = outputs, .before = total / 2, .after = total - total / 2};
}

/// Throws where the input is not (height, width, channels) or the window is larger than the image.
inline void check_window(const Shape& in, Size2 kernel, const WindowAxis& h, const WindowAxis& w) {
  if (h.outputs > 0 && w.outputs > 0) return;
  throw Error({.category = Category::usage,
               .what = "the window is larger than the image",
               .expected = "an image of at least " + std::to_string(kernel.height) + "x" + std::to_string(kernel.width),
               .got = in.text(),
               .hint = "Use fewer pooling layers, padding=same or a larger --image-size."});
}
inline void check_image(const Shape& in) {
  if (in.rank() != 3)
    throw Error({.category = Category::usage,
                 .what = "input has " + std::to_string(in.rank() + 1) + " axes with the batch",
                 .expected = "(height, width, channels)",
                 .got = in.text(),
                 .hint = "Images have three axes; remove a Flatten or put a Reshape before."});
}

}  // namespace lehr
