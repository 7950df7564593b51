#include "kernels/pool2d.h"

#include <algorithm>

#include "kernels/cpu/element.h"

namespace lehr {

namespace {

// ---- one output pixel, vectorized over channels ------------------------------------------------------------------------------------------
struct Window {
  std::int64_t y0, y1, x0, x1;  ///< real rows and columns
  std::int64_t top, left;       ///< where the window begins, padding included
};
Window window_of(const Pool2dShape& s, std::int64_t p, std::int64_t q) {
  const std::int64_t top = p * s.stride_h - s.pad_top, left = q * s.stride_w - s.pad_left;
  return {.y0 = std::max<std::int64_t>(top, 0),
          .y1 = std::min(top + s.kernel_h, s.height),
          .x0 = std::max<std::int64_t>(left, 0),
          .x1 = std::min(left + s.kernel_w, s.width),
          .top = top,
          .left = left};
}

template <class T>
void max_row(const Pool2dShape& s, const T* x, T* y, std::uint8_t* index, std::int64_t row) {
  const std::int64_t n = row / s.out_height(), p = row % s.out_height(), c = s.channels;
  for (std::int64_t q = 0; q < s.out_width(); ++q) {
    const Window w = window_of(s, p, q);
    T* out = y + (row * s.out_width() + q) * c;
    std::uint8_t* place = index != nullptr ? index + (row * s.out_width() + q) * c : nullptr;
    bool first = true;
    for (std::int64_t i = w.y0; i < w.y1; ++i)
      for (std::int64_t j = w.x0; j < w.x1; ++j) {
        const T* in = x + ((n * s.height + i) * s.width + j) * c;
        const auto cell = static_cast<std::uint8_t>((i - w.top) * s.kernel_w + (j - w.left));
        if (first) {
          for (std::int64_t k = 0; k < c; ++k) out[k] = in[k];
          if (place != nullptr)
            for (std::int64_t k = 0; k < c; ++k) place[k] = cell;
          first = false;
          continue;
        }
        if (place != nullptr)
          for (std::int64_t k = 0; k < c; ++k) place[k] = load(in, k) > load(out, k) ? cell : place[k];
        for (std::int64_t k = 0; k < c; ++k) out[k] = load(in, k) > load(out, k) ? in[k] : out[k];
      }
  }
}

template <class T>
void average_row(const Pool2dShape& s, const T* x, T* y, std::int64_t row) {
  const std::int64_t n = row / s.out_height(), p = row % s.out_height(), c = s.channels;
  for (std::int64_t q = 0; q < s.out_width(); ++q) {
    const Window w = window_of(s, p, q);
    T* out = y + (row * s.out_width() + q) * c;
    const float inverse = 1.0F / static_cast<float>((w.y1 - w.y0) * (w.x1 - w.x0));
    for (std::int64_t begin = 0; begin < c; begin += 64) {
      float sum[64] = {};
      const std::int64_t length = std::min<std::int64_t>(64, c - begin);
      for (std::int64_t i = w.y0; i < w.y1; ++i)
        for (std::int64_t j = w.x0; j < w.x1; ++j) {
          const T* in = x + ((n * s.height + i) * s.width + j) * c + begin;
          for (std::int64_t k = 0; k < length; ++k) sum[k] += load(in, k);
        }
      for (std::int64_t k = 0; k < length; ++k) store(out, begin + k, sum[k] * inverse);
    }
  }
}

// Every input pixel collects from the windows that cover it, so that rows of dx can be written by different threads.
template <class T>
void backward_row(const Pool2dShape& s, Pooling pooling, const T* dy, const std::uint8_t* index, T* dx, std::int64_t row) {
  const std::int64_t n = row / s.height, i = row % s.height, c = s.channels, oh = s.out_height(), ow = s.out_width();
  const std::int64_t p1 = std::min((i + s.pad_top) / s.stride_h, oh - 1), lowest = i + s.pad_top - s.kernel_h + 1,
                     p0 = lowest <= 0 ? 0 : (lowest + s.stride_h - 1) / s.stride_h;
  for (std::int64_t j = 0; j < s.width; ++j) {
    T* out = dx + (row * s.width + j) * c;
    const std::int64_t q1 = std::min((j + s.pad_left) / s.stride_w, ow - 1), left = j + s.pad_left - s.kernel_w + 1,
                       q0 = left <= 0 ? 0 : (left + s.stride_w - 1) / s.stride_w;
    for (std::int64_t begin = 0; begin < c; begin += 64) {
      float sum[64] = {};
      const std::int64_t length = std::min<std::int64_t>(64, c - begin);
      for (std::int64_t p = p0; p <= p1; ++p)
        for (std::int64_t q = q0; q <= q1; ++q) {
          const std::int64_t at = ((n * oh + p) * ow + q) * c + begin;
          const Window w = window_of(s, p, q);
          if (pooling == Pooling::max) {
            const auto cell = static_cast<std::uint8_t>((i - w.top) * s.kernel_w + (j - w.left));
            for (std::int64_t k = 0; k < length; ++k) sum[k] += index[at + k] == cell ? load(dy + at, k) : 0.0F;
          } else {
            const float inverse = 1.0F / static_cast<float>((w.y1 - w.y0) * (w.x1 - w.x0));
            for (std::int64_t k = 0; k < length; ++k) sum[k] += load(dy + at, k) * inverse;
          }
        }
      for (std::int64_t k = 0; k < length; ++k) store(out, begin + k, sum[k]);
    }
  }
}

// ---- 2x2 windows side by side, no padding: the pooling of VGG and of the lecture's networks ------------------------------------------------
bool tiles_by_two(const Pool2dShape& s) {
  return s.kernel_h == 2 && s.kernel_w == 2 && s.stride_h == 2 && s.stride_w == 2 &&
         (s.pad_top | s.pad_bottom | s.pad_left | s.pad_right) == 0;
}

template <class T, bool writes_index>
void max_row_2x2(const Pool2dShape& s, const T* x, T* y, std::uint8_t* index, std::int64_t row) {
  const std::int64_t n = row / s.out_height(), p = row % s.out_height(), c = s.channels;
  for (std::int64_t q = 0; q < s.out_width(); ++q) {
    const T* a = x + ((n * s.height + 2 * p) * s.width + 2 * q) * c;
    const T *b = a + c, *d = a + s.width * c, *e = d + c;
    T* out = y + (row * s.out_width() + q) * c;
    std::uint8_t* place = index + (row * s.out_width() + q) * c;
#pragma omp simd
    for (std::int64_t k = 0; k < c; ++k) {
      float best = load(a, k);
      std::uint32_t cell = 0;
      cell = load(b, k) > best ? 1 : cell;
      best = load(b, k) > best ? load(b, k) : best;
      cell = load(d, k) > best ? 2 : cell;
      best = load(d, k) > best ? load(d, k) : best;
      cell = load(e, k) > best ? 3 : cell;
      best = load(e, k) > best ? load(e, k) : best;
      store(out, k, best);
      if constexpr (writes_index) place[k] = static_cast<std::uint8_t>(cell);
    }
  }
}

/// The rows of dx under one row of windows: every cell of a window gets the gradient or nothing. An odd last row or column gets nothing.
template <class T>
void backward_rows_2x2(const Pool2dShape& s, const T* dy, const std::uint8_t* index, T* dx, std::int64_t row) {
  const std::int64_t n = row / s.out_height(), p = row % s.out_height(), c = s.channels, line = s.width * c;
  T* top = dx + (n * s.height + 2 * p) * line;
  T* bottom = top + line;
  for (std::int64_t q = 0; q < s.out_width(); ++q) {
    const T* from = dy + (row * s.out_width() + q) * c;
    const std::uint8_t* place = index + (row * s.out_width() + q) * c;
    T *a = top + 2 * q * c, *b = a + c, *d = bottom + 2 * q * c, *e = d + c;
#pragma omp simd
    for (std::int64_t k = 0; k < c; ++k) {
      const float g = load(from, k);
      const std::uint32_t cell = place[k];
      store(a, k, cell == 0 ? g : 0.0F);
      store(b, k, cell == 1 ? g : 0.0F);
      store(d, k, cell == 2 ? g : 0.0F);
      store(e, k, cell == 3 ? g : 0.0F);
    }
  }
  const auto clear = [](T* from, std::int64_t count) { std::fill_n(from, count, T{}); };
  if (s.width % 2 != 0) {
    clear(top + line - c, c);
    clear(bottom + line - c, c);
  }
  if (s.height % 2 != 0 && p == s.out_height() - 1) clear(bottom + line, line);
}

template <class T>
LEHR_SIMD void forward_rows(const Pool2dForwardSpec& spec, const T* x, T* y, std::uint8_t* index, std::int64_t begin, std::int64_t end) {
  const Pool2dShape& s = spec.shape;
  for (std::int64_t row = begin; row < end; ++row) {
    if (spec.pooling == Pooling::average)
      average_row(s, x, y, row);
    else if (!tiles_by_two(s))
      max_row(s, x, y, index, row);
    else if (index != nullptr)
      max_row_2x2<T, true>(s, x, y, index, row);
    else
      max_row_2x2<T, false>(s, x, y, index, row);
  }
}

template <class T>
LEHR_SIMD void backward_rows(const Pool2dBackwardSpec& spec, const T* dy, const std::uint8_t* index, T* dx, std::int64_t begin,
                             std::int64_t end) {
  for (std::int64_t row = begin; row < end; ++row) backward_row(spec.shape, spec.pooling, dy, index, dx, row);
}
template <class T>
LEHR_SIMD void backward_tiles(const Pool2dShape& s, const T* dy, const std::uint8_t* index, T* dx, std::int64_t begin, std::int64_t end) {
  for (std::int64_t row = begin; row < end; ++row) backward_rows_2x2(s, dy, index, dx, row);
}

template <class T>
class CpuPool2d final : public Pool2dForward {
 public:
  CpuPool2d(const Cpu& cpu, const Pool2dForwardSpec& spec) : cpu_(cpu), spec_(spec) { verify(spec.shape); }
  void run(ConstView x, View y, View index, Stream&) override {
    const auto& s = spec_.shape;
    auto* place = spec_.index ? index.as<std::uint8_t>() : nullptr;
    for_chunks(cpu_, s.batch * s.out_height(), row_chunk(s.width * s.channels * s.stride_h),
               [&](std::int64_t, std::int64_t begin, std::int64_t end) { forward_rows(spec_, x.as<T>(), y.as<T>(), place, begin, end); });
  }

 private:
  const Cpu& cpu_;
  Pool2dForwardSpec spec_;
};

template <class T>
class CpuPool2dBackward final : public Pool2dBackward {
 public:
  CpuPool2dBackward(const Cpu& cpu, const Pool2dBackwardSpec& spec) : cpu_(cpu), spec_(spec) { verify(spec.shape); }
  void run(ConstView dy, ConstView index, View dx, Stream&) override {
    const auto& s = spec_.shape;
    const auto* place = spec_.pooling == Pooling::max ? index.as<std::uint8_t>() : nullptr;
    if (place != nullptr && tiles_by_two(s))
      for_chunks(cpu_, s.batch * s.out_height(), row_chunk(2 * s.width * s.channels),
                 [&](std::int64_t, std::int64_t begin, std::int64_t end) { backward_tiles(s, dy.as<T>(), place, dx.as<T>(), begin, end); });
    else
      for_chunks(cpu_, s.batch * s.height, row_chunk(s.width * s.channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        backward_rows(spec_, dy.as<T>(), place, dx.as<T>(), begin, end);
      });
  }

 private:
  const Cpu& cpu_;
  Pool2dBackwardSpec spec_;
};

}  // namespace

std::unique_ptr<Pool2dForward> make_on(Cpu& cpu, const Pool2dForwardSpec& spec) {
  return with_float("pooling", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<Pool2dForward> { return std::make_unique<CpuPool2d<T>>(cpu, spec); });
}
std::unique_ptr<Pool2dBackward> make_on(Cpu& cpu, const Pool2dBackwardSpec& spec) {
  return with_float("pooling", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<Pool2dBackward> { return std::make_unique<CpuPool2dBackward<T>>(cpu, spec); });
}

}  // namespace lehr
