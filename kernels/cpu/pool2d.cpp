#include "kernels/pool2d.h"

#include <limits>

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

LEHR_SIMD void max_row_f32(const Pool2dShape& s, const float* x, float* y, std::uint8_t* index, std::int64_t row) {
  max_row(s, x, y, index, row);
}
LEHR_SIMD void max_row_bf16(const Pool2dShape& s, const bf16* x, bf16* y, std::uint8_t* index, std::int64_t row) {
  max_row(s, x, y, index, row);
}
LEHR_SIMD void average_row_f32(const Pool2dShape& s, const float* x, float* y, std::int64_t row) { average_row(s, x, y, row); }
LEHR_SIMD void average_row_bf16(const Pool2dShape& s, const bf16* x, bf16* y, std::int64_t row) { average_row(s, x, y, row); }
LEHR_SIMD void backward_row_f32(const Pool2dShape& s, Pooling p, const float* dy, const std::uint8_t* index, float* dx, std::int64_t row) {
  backward_row(s, p, dy, index, dx, row);
}
LEHR_SIMD void backward_row_bf16(const Pool2dShape& s, Pooling p, const bf16* dy, const std::uint8_t* index, bf16* dx, std::int64_t row) {
  backward_row(s, p, dy, index, dx, row);
}

void check(const Pool2dShape& s, DType dtype) {
  if (dtype != DType::f32 && dtype != DType::bf16) unsupported("pool2d", dtype);
  if (s.kernel_h * s.kernel_w > 255)
    throw Error({.category = Category::usage,
                 .where = "pool2d",
                 .what = "the window has too many cells",
                 .expected = "at most 255",
                 .got = std::to_string(s.kernel_h * s.kernel_w)});
}

class CpuPool2d final : public Pool2dForward {
 public:
  CpuPool2d(const Cpu& cpu, const Pool2dForwardSpec& spec) : cpu_(cpu), spec_(spec) { check(spec.shape, spec.dtype); }
  void run(ConstView x, View y, View index, Stream&) override {
    const auto& s = spec_.shape;
    auto* place = spec_.index ? index.as<std::uint8_t>() : nullptr;
    for_chunks(cpu_, s.batch * s.out_height(), row_chunk(s.width * s.channels * s.stride_h),
               [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const bool f32 = spec_.dtype == DType::f32, max = spec_.pooling == Pooling::max;
                   if (f32 && max) max_row_f32(s, x.as<float>(), y.as<float>(), place, row);
                   if (!f32 && max) max_row_bf16(s, x.as<bf16>(), y.as<bf16>(), place, row);
                   if (f32 && !max) average_row_f32(s, x.as<float>(), y.as<float>(), row);
                   if (!f32 && !max) average_row_bf16(s, x.as<bf16>(), y.as<bf16>(), row);
                 }
               });
  }

 private:
  const Cpu& cpu_;
  Pool2dForwardSpec spec_;
};

class CpuPool2dBackward final : public Pool2dBackward {
 public:
  CpuPool2dBackward(const Cpu& cpu, const Pool2dBackwardSpec& spec) : cpu_(cpu), spec_(spec) { check(spec.shape, spec.dtype); }
  void run(ConstView dy, ConstView index, View dx, Stream&) override {
    const auto& s = spec_.shape;
    const auto* place = spec_.pooling == Pooling::max ? index.as<std::uint8_t>() : nullptr;
    for_chunks(cpu_, s.batch * s.height, row_chunk(s.width * s.channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        if (spec_.dtype == DType::f32)
          backward_row_f32(s, spec_.pooling, dy.as<float>(), place, dx.as<float>(), row);
        else
          backward_row_bf16(s, spec_.pooling, dy.as<bf16>(), place, dx.as<bf16>(), row);
      }
    });
  }

 private:
  const Cpu& cpu_;
  Pool2dBackwardSpec spec_;
};

// ---- global pooling: one image at a time ---------------------------------------------------------------------------------------------------
template <class T>
class CpuGlobalPool2d final : public GlobalPool2d {
 public:
  CpuGlobalPool2d(const Cpu& cpu, const GlobalPool2dSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView x, View y, View index, Stream&) override {
    const std::int64_t c = s_.channels;
    for_chunks(cpu_, s_.batch, row_chunk(s_.pixels * c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n)
        for (std::int64_t k0 = 0; k0 < c; k0 += 64) {
          const std::int64_t length = std::min<std::int64_t>(64, c - k0);
          const T* in = x.as<T>() + n * s_.pixels * c + k0;
          if (s_.pooling == Pooling::average)
            mean(in, y.as<T>() + n * c + k0, length);
          else
            maximum(in, y.as<T>() + n * c + k0, index.as<std::int32_t>() + n * c + k0, length);
        }
    });
  }

 private:
  void mean(const T* in, T* out, std::int64_t length) const {
    float sum[64] = {};
    for (std::int64_t p = 0; p < s_.pixels; ++p)
      for (std::int64_t k = 0; k < length; ++k) sum[k] += load(in + p * s_.channels, k);
    for (std::int64_t k = 0; k < length; ++k) store(out, k, sum[k] / static_cast<float>(s_.pixels));
  }
  void maximum(const T* in, T* out, std::int32_t* place, std::int64_t length) const {
    for (std::int64_t k = 0; k < length; ++k) {
      out[k] = in[k];
      place[k] = 0;
    }
    for (std::int64_t p = 1; p < s_.pixels; ++p)
      for (std::int64_t k = 0; k < length; ++k)
        if (load(in + p * s_.channels, k) > load(out, k)) {
          out[k] = in[p * s_.channels + k];
          place[k] = static_cast<std::int32_t>(p);
        }
  }
  const Cpu& cpu_;
  GlobalPool2dSpec s_;
};

template <class T>
class CpuGlobalPool2dBackward final : public GlobalPool2dBackward {
 public:
  CpuGlobalPool2dBackward(const Cpu& cpu, const GlobalPool2dSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView dy, ConstView index, View dx, Stream&) override {
    const std::int64_t c = s_.channels;
    const float inverse = 1.0F / static_cast<float>(s_.pixels);
    for_chunks(cpu_, s_.batch, row_chunk(s_.pixels * c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const T* in = dy.as<T>() + n * c;
        const std::int32_t* place = s_.pooling == Pooling::max ? index.as<std::int32_t>() + n * c : nullptr;
        for (std::int64_t p = 0; p < s_.pixels; ++p) {
          T* out = dx.as<T>() + (n * s_.pixels + p) * c;
          for (std::int64_t k = 0; k < c; ++k) store(out, k, place == nullptr ? load(in, k) * inverse : place[k] == p ? load(in, k) : 0.0F);
        }
      }
    });
  }

 private:
  const Cpu& cpu_;
  GlobalPool2dSpec s_;
};

}  // namespace

std::unique_ptr<Pool2dForward> make_on(Cpu& cpu, const Pool2dForwardSpec& spec) { return std::make_unique<CpuPool2d>(cpu, spec); }
std::unique_ptr<Pool2dBackward> make_on(Cpu& cpu, const Pool2dBackwardSpec& spec) { return std::make_unique<CpuPool2dBackward>(cpu, spec); }
std::unique_ptr<GlobalPool2d> make_on(Cpu& cpu, const GlobalPool2dSpec& spec) {
  return with_float("global pooling", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<GlobalPool2d> { return std::make_unique<CpuGlobalPool2d<T>>(cpu, spec); });
}
std::unique_ptr<GlobalPool2dBackward> make_on(Cpu& cpu, const GlobalPool2dBackwardSpec& spec) {
  return with_float("global pooling", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<GlobalPool2dBackward> {
    return std::make_unique<CpuGlobalPool2dBackward<T>>(cpu, spec.forward);
  });
}

}  // namespace lehr
