// Pooling over windows. A thread takes a pack of channels of one output pixel forward, of one input pixel backward: there it collects from
// the windows that cover it, so that nothing is added by two threads and dx needs no zeros before.
#include "kernels/pool2d.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

struct Window {
  std::int64_t y0, y1, x0, x1;  ///< real rows and columns
  std::int64_t top, left;       ///< where the window begins, padding included
  __device__ float inverse_area() const { return 1.0F / static_cast<float>((y1 - y0) * (x1 - x0)); }
};
__device__ Window window_of(const Pool2dShape& s, std::int64_t p, std::int64_t q) {
  const std::int64_t top = p * s.stride_h - s.pad_top, left = q * s.stride_w - s.pad_left;
  const std::int64_t bottom = top + s.kernel_h, right = left + s.kernel_w;
  return {top > 0 ? top : 0, bottom < s.height ? bottom : s.height, left > 0 ? left : 0, right < s.width ? right : s.width, top, left};
}

/// The pixel and first channel of this thread, n channels each.
struct Place {
  std::int64_t image, row, column, channel;
};
template <int n>
__device__ bool place_of(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t channels, Place& at) {
  const std::int64_t i = device::first_element<1>(), packs = channels / n;
  if (i >= batch * height * width * packs) return false;
  const std::int64_t pixel = i / packs;
  at = {pixel / (height * width), pixel / width % height, pixel % width, i % packs * n};
  return true;
}

/// out_h, out_w come along because a kernel cannot call the shape's own functions.
template <class T, int n>
__global__ void max_kernel(Pool2dShape s, std::int64_t out_h, std::int64_t out_w, const T* x, T* y, std::uint8_t* index) {
  Place at;
  if (!place_of<n>(s.batch, out_h, out_w, s.channels, at)) return;
  const Window w = window_of(s, at.row, at.column);
  float best[n] = {};
  device::Elements<std::uint8_t, n> cells{};
  bool first = true;
  for (std::int64_t i = w.y0; i < w.y1; ++i)
    for (std::int64_t j = w.x0; j < w.x1; ++j) {
      float v[n];
      device::load<n>(x + ((at.image * s.height + i) * s.width + j) * s.channels + at.channel, v);
      const auto cell = static_cast<std::uint8_t>((i - w.top) * s.kernel_w + (j - w.left));
#pragma unroll
      for (int k = 0; k < n; ++k)
        if (first || v[k] > best[k]) {
          best[k] = v[k];
          cells.at[k] = cell;
        }
      first = false;
    }
  const std::int64_t to = ((at.image * out_h + at.row) * out_w + at.column) * s.channels + at.channel;
  device::store<n>(y + to, best);
  if (index != nullptr) *reinterpret_cast<device::Elements<std::uint8_t, n>*>(index + to) = cells;
}

template <class T, int n>
__global__ void average_kernel(Pool2dShape s, std::int64_t out_h, std::int64_t out_w, const T* x, T* y) {
  Place at;
  if (!place_of<n>(s.batch, out_h, out_w, s.channels, at)) return;
  const Window w = window_of(s, at.row, at.column);
  float sum[n] = {};
  for (std::int64_t i = w.y0; i < w.y1; ++i)
    for (std::int64_t j = w.x0; j < w.x1; ++j) {
      float v[n];
      device::load<n>(x + ((at.image * s.height + i) * s.width + j) * s.channels + at.channel, v);
#pragma unroll
      for (int k = 0; k < n; ++k) sum[k] += v[k];
    }
  const float inverse = w.inverse_area();
#pragma unroll
  for (int k = 0; k < n; ++k) sum[k] *= inverse;
  device::store<n>(y + ((at.image * out_h + at.row) * out_w + at.column) * s.channels + at.channel, sum);
}

/// index empty: average.
template <class T, int n>
__global__ void backward_kernel(Pool2dShape s, std::int64_t out_h, std::int64_t out_w, const T* dy, const std::uint8_t* index, T* dx) {
  Place at;
  if (!place_of<n>(s.batch, s.height, s.width, s.channels, at)) return;
  const std::int64_t below = at.row + s.pad_top, right = at.column + s.pad_left;
  std::int64_t p1 = below / s.stride_h, q1 = right / s.stride_w;  // the last windows that cover this pixel
  p1 = p1 < out_h ? p1 : out_h - 1;
  q1 = q1 < out_w ? q1 : out_w - 1;
  const std::int64_t lowest = below - s.kernel_h + 1, leftmost = right - s.kernel_w + 1;
  const std::int64_t p0 = lowest <= 0 ? 0 : (lowest + s.stride_h - 1) / s.stride_h;
  const std::int64_t q0 = leftmost <= 0 ? 0 : (leftmost + s.stride_w - 1) / s.stride_w;
  float sum[n] = {};
  for (std::int64_t p = p0; p <= p1; ++p)
    for (std::int64_t q = q0; q <= q1; ++q) {
      const std::int64_t from = ((at.image * out_h + p) * out_w + q) * s.channels + at.channel;
      const Window w = window_of(s, p, q);
      float d[n];
      device::load<n>(dy + from, d);
      if (index == nullptr) {
        const float inverse = w.inverse_area();
#pragma unroll
        for (int k = 0; k < n; ++k) sum[k] += d[k] * inverse;
      } else {
        const auto cells = *reinterpret_cast<const device::Elements<std::uint8_t, n>*>(index + from);
        const auto cell = static_cast<std::uint8_t>((at.row - w.top) * s.kernel_w + (at.column - w.left));
#pragma unroll
        for (int k = 0; k < n; ++k) sum[k] += cells.at[k] == cell ? d[k] : 0;
      }
    }
  device::store<n>(dx + ((at.image * s.height + at.row) * s.width + at.column) * s.channels + at.channel, sum);
}

/// start(std::integral_constant<int, n>) with as many channels a thread as the shape allows.
template <class T, class Start>
void in_packs(std::int64_t channels, const Start& start) {
  if (channels % device::pack_size<T> == 0)
    start(std::integral_constant<int, device::pack_size<T>>{});
  else
    start(std::integral_constant<int, 1>{});
}

template <class T>
class Forward final : public Pool2dForward {
 public:
  explicit Forward(const Pool2dForwardSpec& spec) : spec_(spec) {}
  void run(ConstView x, View y, View index, Stream& stream) override {
    const Pool2dShape& s = spec_.shape;
    const std::int64_t h = s.out_height(), w = s.out_width();
    in_packs<T>(s.channels, [&]<int n>(std::integral_constant<int, n>) {
      const dim3 grid = blocks_for(s.batch * h * w * (s.channels / n));
      if (spec_.pooling == Pooling::max)
        launch(max_kernel<T, n>, grid, block_threads, 0, stream, s, h, w, x.as<T>(), y.as<T>(),
               spec_.index ? index.as<std::uint8_t>() : nullptr);
      else
        launch(average_kernel<T, n>, grid, block_threads, 0, stream, s, h, w, x.as<T>(), y.as<T>());
    });
  }

 private:
  Pool2dForwardSpec spec_;
};

template <class T>
class Backward final : public Pool2dBackward {
 public:
  explicit Backward(const Pool2dBackwardSpec& spec) : spec_(spec) {}
  void run(ConstView dy, ConstView index, View dx, Stream& stream) override {
    const Pool2dShape& s = spec_.shape;
    in_packs<T>(s.channels, [&]<int n>(std::integral_constant<int, n>) {
      launch(backward_kernel<T, n>, blocks_for(s.batch * s.height * s.width * (s.channels / n)), block_threads, 0, stream, s,
             s.out_height(), s.out_width(), dy.as<T>(), spec_.pooling == Pooling::max ? index.as<std::uint8_t>() : nullptr, dx.as<T>());
    });
  }

 private:
  Pool2dBackwardSpec spec_;
};

}  // namespace

std::unique_ptr<Pool2dForward> make_on(Cuda&, const Pool2dForwardSpec& spec) {
  verify(spec.shape);
  return with_float_on_cuda("pool2d", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<Pool2dForward> { return std::make_unique<Forward<T>>(spec); });
}

std::unique_ptr<Pool2dBackward> make_on(Cuda&, const Pool2dBackwardSpec& spec) {
  verify(spec.shape);
  return with_float_on_cuda("pool2d", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<Pool2dBackward> { return std::make_unique<Backward<T>>(spec); });
}

}  // namespace lehr
