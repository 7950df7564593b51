// Keras's random image layers: a block takes pixels of one image, its first thread draws the image's numbers.
#include "kernels/augment.h"

#include <algorithm>
#include <numbers>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

using device::as_float;
using device::from_float;

__device__ float draw(const AugmentSpec& s, std::int64_t step, std::int64_t image, int number) {
  return uniform01(random_word(s.key, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(4 * image + number)));
}
__device__ float between(float low, float high, float u) { return low + (high - low) * u; }
__device__ std::int64_t step_of(const StepCounters* counters) { return counters == nullptr ? 0 : counters->step; }

/// Output (x, y) comes from input (a0 x + a1 y + a2, b0 x + b1 y + b2).
struct Mapping {
  float a0, a1, a2, b0, b1, b2;
};

__device__ Mapping mapping_of(const AugmentSpec& s, std::int64_t step, std::int64_t image) {
  const float u = draw(s, step, image, 0), v = draw(s, step, image, 1);
  const auto h = static_cast<float>(s.height), w = static_cast<float>(s.width);
  Mapping m{1, 0, 0, 0, 1, 0};
  if (s.kind == AugmentKind::flip) {
    if (u > 0.5F) return m;
    if (s.flip != FlipMode::vertical) m.a0 = -1, m.a2 = w - 1;
    if (s.flip != FlipMode::horizontal) m.b1 = -1, m.b2 = h - 1;
  } else if (s.kind == AugmentKind::rotation) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(between(s.lower, s.upper, u)), c = cos(angle), d = sin(angle);
    const double cx = static_cast<double>(s.width - 1) / 2, cy = static_cast<double>(s.height - 1) / 2;
    m.a0 = m.b1 = static_cast<float>(c);
    m.a1 = static_cast<float>(-d);
    m.b0 = static_cast<float>(d);
    m.a2 = static_cast<float>(cx - cx * c + cy * d);
    m.b2 = static_cast<float>(cy - cx * d - cy * c);
  } else if (s.kind == AugmentKind::translation) {
    m.a2 = -w * between(s.width_lower, s.width_upper, v);
    m.b2 = -h * between(s.lower, s.upper, u);
  } else {
    m.b1 = 1 + between(s.lower, s.upper, u);
    m.a0 = s.same_zoom ? m.b1 : 1 + between(s.width_lower, s.width_upper, v);
    m.a2 = 0.5F * (w - 1) * (1 - m.a0);
    m.b2 = 0.5F * (h - 1) * (1 - m.b1);
  }
  return m;
}

/// Where pixel i of an axis of n is read from; -1: the fill value.
__device__ std::int64_t place(std::int64_t i, std::int64_t n, FillMode mode) {
  if (i >= 0 && i < n) return i;
  if (mode == FillMode::constant) return -1;
  if (mode == FillMode::nearest) return i < 0 ? 0 : n - 1;
  if (mode == FillMode::wrap) return ((i % n) + n) % n;
  const std::int64_t folded = ((i % (2 * n)) + 2 * n) % (2 * n);
  return folded < n ? folded : 2 * n - 1 - folded;
}

/// Far outside, coordinates no longer fit an integer; an augmentation that strong shows nothing but the border anyway.
__device__ std::int64_t floor_of(float v) {
  v = v < -1e9F ? -1e9F : (v > 1e9F ? 1e9F : v);
  return static_cast<std::int64_t>(std::floor(v));
}

template <class From>
__device__ const From* pixel_at(const From* image, const AugmentSpec& s, std::int64_t x, std::int64_t y) {
  const std::int64_t column = place(x, s.width, s.fill_mode), row = place(y, s.height, s.fill_mode);
  return column < 0 || row < 0 ? nullptr : image + (row * s.width + column) * s.channels;
}
template <class From>
__device__ float value_of(const From* pixel, std::int64_t c, float otherwise) {
  return pixel == nullptr ? otherwise : as_float(pixel[c]);
}

/// Grid: pixels of an image, images.
template <class From, class To>
__global__ void resample_kernel(const From* x, To* y, AugmentSpec s, const StepCounters* counters) {
  auto& m = shared<Mapping>();
  const std::int64_t image = blockIdx.y, pixel = device::first_element<1>();
  if (threadIdx.x == 0) m = mapping_of(s, step_of(counters), image);
  __syncthreads();
  if (pixel >= s.height * s.width) return;
  const From* in = x + image * s.height * s.width * s.channels;
  To* out = y + (image * s.height * s.width + pixel) * s.channels;
  const std::int64_t line = pixel / s.width;
  const auto column = static_cast<float>(pixel % s.width), row = static_cast<float>(line);
  const float sx = m.a0 * column + m.a1 * row + m.a2, sy = m.b0 * column + m.b1 * row + m.b2;
  if (!s.bilinear || s.kind == AugmentKind::flip) {  // a flip meets pixels only
    const From* from = pixel_at(in, s, floor_of(sx + 0.5F), floor_of(sy + 0.5F));
    for (std::int64_t c = 0; c < s.channels; ++c) out[c] = from_float<To>(value_of(from, c, s.fill_value));
    return;
  }
  const std::int64_t left = floor_of(sx), top = floor_of(sy);
  const float right_part = sx - static_cast<float>(left), low_part = sy - static_cast<float>(top);
  const From *a = pixel_at(in, s, left, top), *b = pixel_at(in, s, left + 1, top);
  const From *d = pixel_at(in, s, left, top + 1), *e = pixel_at(in, s, left + 1, top + 1);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    const float above = value_of(a, c, s.fill_value) * (1 - right_part) + value_of(b, c, s.fill_value) * right_part;
    const float below = value_of(d, c, s.fill_value) * (1 - right_part) + value_of(e, c, s.fill_value) * right_part;
    out[c] = from_float<To>(above * (1 - low_part) + below * low_part);
  }
}

/// y = clip(x*scale + shift): one block an image, channel by channel.
template <class From, class To>
__global__ void intensity_kernel(const From* x, To* y, AugmentSpec s, const StepCounters* counters) {
  const std::int64_t image = blockIdx.x, pixels = s.height * s.width;
  const float f = between(s.lower, s.upper, draw(s, step_of(counters), image, 0));
  x += image * pixels * s.channels;
  y += image * pixels * s.channels;
  const bool contrast = s.kind == AugmentKind::contrast;
  for (std::int64_t c = 0; c < s.channels; ++c) {
    float shift = f * (s.range_high - s.range_low);
    if (contrast) {
      double sum = 0;
      for (std::int64_t p = threadIdx.x; p < pixels; p += blockDim.x) sum += static_cast<double>(as_float(x[p * s.channels + c]));
      shift = static_cast<float>(device::block_reduce(sum, device::Sum{}) / static_cast<double>(pixels)) * (1 - f);
    }
    for (std::int64_t p = threadIdx.x; p < pixels; p += blockDim.x) {
      const float v = as_float(x[p * s.channels + c]) * (contrast ? f : 1.0F) + shift;
      y[p * s.channels + c] = from_float<To>(v < s.range_low ? s.range_low : (v > s.range_high ? s.range_high : v));
    }
  }
}

__device__ std::int64_t start_of(std::int64_t free, float u) {
  const auto at = static_cast<std::int64_t>(u * static_cast<float>(free + 1));
  return at < free ? at : free;
}

template <class From, class To>
__global__ void crop_kernel(const From* x, To* y, AugmentSpec s, const StepCounters* counters) {
  const std::int64_t i = device::first_element<1>(), row_length = s.out_width * s.channels;
  if (i >= s.batch * s.out_height * row_length) return;
  const std::int64_t step = step_of(counters), row = i / row_length, image = row / s.out_height;
  const std::int64_t top = start_of(s.height - s.out_height, draw(s, step, 0, 0)),
                     left = start_of(s.width - s.out_width, draw(s, step, 0, 1));
  const std::int64_t from = ((image * s.height + top + row % s.out_height) * s.width + left) * s.channels + i % row_length;
  y[i] = from_float<To>(as_float(x[from]));
}

struct Between {
  std::int64_t low, high;
  float part;
};
/// Pixel i of the output lies at (i + 1/2)*window/outputs - 1/2 of the window, whose edge goes on outside.
__device__ Between between_pixels(std::int64_t i, std::int64_t outputs, std::int64_t window) {
  const float scale = static_cast<float>(window) / static_cast<float>(outputs);
  const float at = (static_cast<float>(i) + 0.5F) * scale - 0.5F, low = std::floor(at);
  const auto first = static_cast<std::int64_t>(low);
  const auto inside = [window](std::int64_t k) { return k < 0 ? 0 : (k > window - 1 ? window - 1 : k); };
  return {inside(first), inside(first + 1), at - low};
}

/// The centred window [window_h, window_w] that begins at (top, left), resized.
template <class From, class To>
__global__ void crop_centre_kernel(const From* x, To* y, AugmentSpec s, std::int64_t window_h, std::int64_t window_w) {
  const std::int64_t i = device::first_element<1>();
  if (i >= s.batch * s.out_height * s.out_width * s.channels) return;
  const std::int64_t c = i % s.channels, column = i / s.channels % s.out_width, row = i / s.channels / s.out_width % s.out_height;
  const std::int64_t image = i / (s.channels * s.out_width * s.out_height);
  const std::int64_t top = (s.height - window_h) / 2, left = (s.width - window_w) / 2;
  const Between v = between_pixels(row, s.out_height, window_h), h = between_pixels(column, s.out_width, window_w);
  const auto at = [&](std::int64_t r, std::int64_t k) {
    return as_float(x[((image * s.height + top + r) * s.width + left + k) * s.channels + c]);
  };
  const float above = at(v.low, h.low) + (at(v.low, h.high) - at(v.low, h.low)) * h.part;
  const float below = at(v.high, h.low) + (at(v.high, h.high) - at(v.high, h.low)) * h.part;
  y[i] = from_float<To>(above + (below - above) * v.part);
}

template <class From, class To>
__global__ void convert_kernel(const From* x, To* y, std::int64_t count) {
  const std::int64_t i = device::first_element<1>();
  if (i < count) y[i] = from_float<To>(as_float(x[i]));
}

template <class From, class To>
class CudaAugment final : public Augment {
 public:
  explicit CudaAugment(const AugmentSpec& spec) : s_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream& stream) override {
    const auto* from = x.as<From>();
    auto* to = y.as<To>();
    const std::int64_t pixels = s_.height * s_.width, count = s_.batch * pixels * s_.channels;
    if (s_.kind == AugmentKind::crop)
      crop(from, counters, to, stream);
    else if (!s_.training)
      launch(convert_kernel<From, To>, blocks_for(count), block_threads, 0, stream, from, to, count);
    else if (s_.kind == AugmentKind::contrast || s_.kind == AugmentKind::brightness)
      launch(intensity_kernel<From, To>, static_cast<unsigned>(s_.batch), block_threads, 0, stream, from, to, s_, counters);
    else
      launch(resample_kernel<From, To>, dim3{blocks_for(pixels).x, static_cast<unsigned>(s_.batch)}, block_threads, 0, stream, from, to, s_,
             counters);
  }

 private:
  void crop(const From* x, const StepCounters* counters, To* y, Stream& stream) const {
    const dim3 grid = blocks_for(s_.batch * s_.out_height * s_.out_width * s_.channels);
    if (s_.training && s_.height > s_.out_height && s_.width > s_.out_width) {
      launch(crop_kernel<From, To>, grid, block_threads, 0, stream, x, y, s_, counters);
      return;
    }
    const std::int64_t window_h = std::clamp<std::int64_t>(s_.width * s_.out_height / s_.out_width, 1, s_.height);
    const std::int64_t window_w = std::clamp<std::int64_t>(s_.height * s_.out_width / s_.out_height, 1, s_.width);
    launch(crop_centre_kernel<From, To>, grid, block_threads, 0, stream, x, y, s_, window_h, window_w);
  }
  AugmentSpec s_;
};

}  // namespace

std::unique_ptr<Augment> make_on(Cuda&, const AugmentSpec& spec) {
  verify(spec);
  return with_float_on_cuda("augmentation", spec.to, [&]<class To>(To) -> std::unique_ptr<Augment> {
    if (spec.from == DType::u8) return std::make_unique<CudaAugment<std::uint8_t, To>>(spec);
    return with_float_on_cuda("augmentation", spec.from,
                              [&]<class From>(From) -> std::unique_ptr<Augment> { return std::make_unique<CudaAugment<From, To>>(spec); });
  });
}

}  // namespace lehr
