// pool2d.h: max and average pooling over windows, and global pooling, NHWC.
//   max       y = max over the window; padded cells never win; the first maximum in row-major order gets the gradient
//   average   y = mean over the real (not padded) cells of the window
//   global    the window is the whole image: y [n,c]
// Shapes   x, dx [n,h,w,c]; y, dy [n,p,q,c] f32|bf16; index [n,p,q,c] u8: place of the maximum in its window (kernel_h*kernel_w <= 255)
// Writes   = (dx wholly, zeros included)     Alias  none     Order  fixed, any number of threads     Sums  f32     Meaning
// keras.layers.{Max,Average}Pooling2D
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

enum class Pooling : std::uint8_t { max, average };

struct Pool2dShape {
  std::int64_t batch = 1, height = 1, width = 1, channels = 1;
  std::int64_t kernel_h = 2, kernel_w = 2, stride_h = 2, stride_w = 2;
  std::int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  std::int64_t out_height() const { return (height + pad_top + pad_bottom - kernel_h) / stride_h + 1; }
  std::int64_t out_width() const { return (width + pad_left + pad_right - kernel_w) / stride_w + 1; }
};
void verify(const Pool2dShape&);  ///< throws Error{usage} for windows that do not fit the image

struct Pool2dForwardSpec {
  Pool2dShape shape;
  Pooling pooling = Pooling::max;
  DType dtype = DType::f32;
  bool index = false; /**< write the index that backward needs (max only) */
};
struct Pool2dBackwardSpec {
  Pool2dShape shape;
  Pooling pooling = Pooling::max;
  DType dtype = DType::f32;
};

struct Pool2dForward {
  virtual ~Pool2dForward() = default;
  virtual void run(ConstView x, View y, View index, Stream& stream) = 0;
};
struct Pool2dBackward {
  virtual ~Pool2dBackward() = default;
  virtual void run(ConstView dy, ConstView index, View dx, Stream& stream) = 0;
};
std::unique_ptr<Pool2dForward> make_on(Cpu&, const Pool2dForwardSpec&);
std::unique_ptr<Pool2dForward> make_on(Cuda&, const Pool2dForwardSpec&);
std::unique_ptr<Pool2dBackward> make_on(Cpu&, const Pool2dBackwardSpec&);
std::unique_ptr<Pool2dBackward> make_on(Cuda&, const Pool2dBackwardSpec&);

struct GlobalPool2dSpec {
  std::int64_t batch = 1, pixels = 1, channels = 1;
  Pooling pooling = Pooling::average;
  DType dtype = DType::f32;
};
struct GlobalPool2dBackwardSpec {
  GlobalPool2dSpec forward;
};
/// index [n,c] i32 for max (the pixel that won), empty for average.
struct GlobalPool2d {
  virtual ~GlobalPool2d() = default;
  virtual void run(ConstView x, View y, View index, Stream& stream) = 0;
};
struct GlobalPool2dBackward {
  virtual ~GlobalPool2dBackward() = default;
  virtual void run(ConstView dy, ConstView index, View dx, Stream& stream) = 0;
};
std::unique_ptr<GlobalPool2d> make_on(Cpu&, const GlobalPool2dSpec&);
std::unique_ptr<GlobalPool2d> make_on(Cuda&, const GlobalPool2dSpec&);
std::unique_ptr<GlobalPool2dBackward> make_on(Cpu&, const GlobalPool2dBackwardSpec&);
std::unique_ptr<GlobalPool2dBackward> make_on(Cuda&, const GlobalPool2dBackwardSpec&);

}  // namespace lehr
