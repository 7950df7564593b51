// spatial.h: images cut, bordered, resized, and axes exchanged.
//   place2d   y[n,p,q,c] = x[n, p+top, q+left, c] where that is inside x, else 0: cropping (top, left > 0) and padding (< 0). The gradient is
//             the same operation from y's size to x's with -top, -left.
//   resize2d  y = a row and a column of weights: y[n,p,q,c] = sum_i sum_j rows[p][i] * columns[q][j] * x[n,i,j,c], at most two of each
//             nearest   i = floor((p + 1/2) * h/oh)          bilinear  between the pixels beside (p + 1/2) * h/oh - 1/2, edges repeated
//             backward  dx, the transposed weights
//   permute   y[i_order[0], i_order[1], ...] = x[i_0, i_1, ...]: axis k of y is axis order[k] of x. The gradient is the inverse order.
// Shapes   x [n,h,w,c], y [n,oh,ow,c]; permute: up to 6 axes; f32|bf16     Alias  none     Writes  =     Order  fixed, any number of threads
// Sums     f32     Meaning  keras.layers.{ZeroPadding2D,Cropping2D,UpSampling2D,Resizing,Permute}
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

struct Place2dSpec {
  std::int64_t batch = 1, height = 1, width = 1, channels = 1, out_height = 1, out_width = 1;
  std::int64_t top = 0, left = 0;
  DType dtype = DType::f32;
};
void verify(const Place2dSpec&);
struct Place2d {
  virtual ~Place2d() = default;
  virtual void run(ConstView x, View y, Stream& stream) = 0;
};
std::unique_ptr<Place2d> make_on(Cpu&, const Place2dSpec&);
std::unique_ptr<Place2d> make_on(Cuda&, const Place2dSpec&);

struct Resize2dSpec {
  std::int64_t batch = 1, height = 1, width = 1, channels = 1, out_height = 1, out_width = 1;
  bool bilinear = false;
  DType dtype = DType::f32;
};
void verify(const Resize2dSpec&);
struct Resize2dBackwardSpec {
  Resize2dSpec forward;
};
struct Resize2d {
  virtual ~Resize2d() = default;
  virtual void run(ConstView x, View y, Stream& stream) = 0;
};
struct Resize2dBackward {
  virtual ~Resize2dBackward() = default;
  virtual void run(ConstView dy, View dx, Stream& stream) = 0;
};
std::unique_ptr<Resize2d> make_on(Cpu&, const Resize2dSpec&);
std::unique_ptr<Resize2d> make_on(Cuda&, const Resize2dSpec&);
std::unique_ptr<Resize2dBackward> make_on(Cpu&, const Resize2dBackwardSpec&);
std::unique_ptr<Resize2dBackward> make_on(Cuda&, const Resize2dBackwardSpec&);

struct PermuteSpec {
  static constexpr std::size_t most = 6;
  std::size_t rank = 0;
  std::array<std::int64_t, most> extents = {};  ///< of x
  std::array<std::size_t, most> order = {};
  DType dtype = DType::f32;
};
void verify(const PermuteSpec&);
struct PermuteAxes {
  virtual ~PermuteAxes() = default;
  virtual void run(ConstView x, View y, Stream& stream) = 0;
};
std::unique_ptr<PermuteAxes> make_on(Cpu&, const PermuteSpec&);
std::unique_ptr<PermuteAxes> make_on(Cuda&, const PermuteSpec&);

// What both devices read from, worked out once by the host, so that they round alike.

/// The one or two inputs of an output along an axis.
struct ResizeTap {
  std::int64_t a = 0, b = 0;
  float weight = 0;  ///< of b; a has the rest
};
std::vector<ResizeTap> resize_taps(std::int64_t inputs, std::int64_t outputs, bool bilinear);
/// For each input of an axis the outputs that read it, with their weights: those of input i are all[begin[i]] .. all[begin[i + 1]].
struct ResizeReader {
  std::int64_t output = 0;
  float weight = 0;
};
struct ResizeReaders {
  std::vector<ResizeReader> all;
  std::vector<std::int64_t> begin;
};
ResizeReaders resize_readers(const std::vector<ResizeTap>& taps, std::int64_t inputs);
/// y's extents, and how far apart in x its neighbours along each axis lie.
struct PermuteStrides {
  std::array<std::int64_t, PermuteSpec::most> extents = {}, strides = {};
  std::int64_t count = 1;
};
PermuteStrides permute_strides(const PermuteSpec& spec);

}  // namespace lehr
