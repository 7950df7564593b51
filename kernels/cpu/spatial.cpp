#include "kernels/spatial.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

// ---- place -------------------------------------------------------------------------------------------------------------------------------
class CpuPlace2d final : public Place2d {
 public:
  CpuPlace2d(const Cpu& cpu, const Place2dSpec& spec)
      : cpu_(cpu), s_(spec), pixel_(spec.channels * static_cast<std::int64_t>(size_of(spec.dtype))) {}
  void run(ConstView x, View y, Stream&) override {
    // columns [first, last) of y lie inside x
    const std::int64_t first = std::clamp<std::int64_t>(-s_.left, 0, s_.out_width),
                       last = std::clamp(s_.width - s_.left, first, s_.out_width);
    for_chunks(cpu_, s_.batch * s_.out_height, row_chunk(s_.out_width * s_.channels),
               [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) {
                   const std::int64_t n = row / s_.out_height, i = row % s_.out_height + s_.top;
                   auto* to = static_cast<std::byte*>(y.data) + row * s_.out_width * pixel_;
                   const auto clear = [&](std::int64_t from, std::int64_t until) {
                     if (until > from) std::memset(to + from * pixel_, 0, static_cast<std::size_t>((until - from) * pixel_));
                   };
                   if (i < 0 || i >= s_.height || last <= first) {
                     clear(0, s_.out_width);
                     continue;
                   }
                   const auto* from = static_cast<const std::byte*>(x.data) + ((n * s_.height + i) * s_.width + first + s_.left) * pixel_;
                   clear(0, first);
                   std::memcpy(to + first * pixel_, from, static_cast<std::size_t>((last - first) * pixel_));
                   clear(last, s_.out_width);
                 }
               });
  }

 private:
  const Cpu& cpu_;
  Place2dSpec s_;
  std::int64_t pixel_;
};

// ---- resize ------------------------------------------------------------------------------------------------------------------------------
template <class T>
LEHR_SIMD void blend(const T* a, const T* b, const T* c, const T* d, float wa, float wb, float wc, float wd, T* y, std::int64_t n) {
#pragma omp simd
  for (std::int64_t k = 0; k < n; ++k) store(y, k, load(a, k) * wa + load(b, k) * wb + load(c, k) * wc + load(d, k) * wd);
}

template <class T>
class CpuResize2d final : public Resize2d {
 public:
  CpuResize2d(const Cpu& cpu, const Resize2dSpec& spec)
      : cpu_(cpu),
        s_(spec),
        rows_(resize_taps(spec.height, spec.out_height, spec.bilinear)),
        columns_(resize_taps(spec.width, spec.out_width, spec.bilinear)) {}
  void run(ConstView x, View y, Stream&) override {
    const std::int64_t c = s_.channels;
    for_chunks(cpu_, s_.batch * s_.out_height, row_chunk(s_.out_width * c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const ResizeTap& r = rows_[static_cast<std::size_t>(row % s_.out_height)];
        const T* image = x.as<T>() + row / s_.out_height * s_.height * s_.width * c;
        const T *top = image + r.a * s_.width * c, *bottom = image + r.b * s_.width * c;
        T* to = y.as<T>() + row * s_.out_width * c;
        for (std::int64_t q = 0; q < s_.out_width; ++q, to += c) {
          const ResizeTap& t = columns_[static_cast<std::size_t>(q)];
          if (!s_.bilinear)
            std::copy_n(top + t.a * c, c, to);
          else
            blend(top + t.a * c, top + t.b * c, bottom + t.a * c, bottom + t.b * c, (1 - r.weight) * (1 - t.weight),
                  (1 - r.weight) * t.weight, r.weight * (1 - t.weight), r.weight * t.weight, to, c);
        }
      }
    });
  }

 private:
  const Cpu& cpu_;
  Resize2dSpec s_;
  std::vector<ResizeTap> rows_, columns_;
};

template <class T>
LEHR_SIMD void add_scaled(const T* dy, float weight, float* sum, std::int64_t n) {
#pragma omp simd
  for (std::int64_t k = 0; k < n; ++k) sum[k] += load(dy, k) * weight;
}

template <class T>
class CpuResize2dBackward final : public Resize2dBackward {
 public:
  CpuResize2dBackward(const Cpu& cpu, const Resize2dSpec& spec)
      : cpu_(cpu),
        s_(spec),
        rows_(resize_readers(resize_taps(spec.height, spec.out_height, spec.bilinear), spec.height)),
        columns_(resize_readers(resize_taps(spec.width, spec.out_width, spec.bilinear), spec.width)) {}
  void run(ConstView dy, View dx, Stream&) override {
    const std::int64_t c = s_.channels;
    for_chunks(cpu_, s_.batch * s_.height, row_chunk(s_.width * c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        pixels(dy.as<T>() + row / s_.height * s_.out_height * s_.out_width * c, row, dx.as<T>());
    });
  }

 private:
  static std::span<const ResizeReader> of(const ResizeReaders& readers, std::int64_t input) {
    const std::int64_t* begin = readers.begin.data() + input;
    return {readers.all.data() + begin[0], readers.all.data() + begin[1]};
  }
  void pixels(const T* image, std::int64_t row, T* dx) const {
    const std::int64_t c = s_.channels;
    for (std::int64_t j = 0; j < s_.width; ++j)
      for (std::int64_t first = 0; first < c; first += 64) {
        float sum[64] = {};
        const std::int64_t n = std::min<std::int64_t>(64, c - first);
        for (const ResizeReader& r : of(rows_, row % s_.height))
          for (const ResizeReader& q : of(columns_, j))
            add_scaled(image + (r.output * s_.out_width + q.output) * c + first, r.weight * q.weight, sum, n);
        for (std::int64_t k = 0; k < n; ++k) store(dx, (row * s_.width + j) * c + first + k, sum[k]);
      }
  }

  const Cpu& cpu_;
  Resize2dSpec s_;
  ResizeReaders rows_, columns_;
};

// ---- permute -----------------------------------------------------------------------------------------------------------------------------
template <class T>
class CpuPermute final : public PermuteAxes {
 public:
  CpuPermute(const Cpu& cpu, const PermuteSpec& spec) : cpu_(cpu), rank_(spec.rank), s_(permute_strides(spec)) {}
  void run(ConstView x, View y, Stream&) override {
    const std::size_t last = rank_ - 1;
    const std::int64_t width = s_.extents[last], stride = s_.strides[last];
    for_chunks(cpu_, s_.count / width, row_chunk(width), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        std::int64_t rest = row, at = 0;
        for (std::size_t k = last; k-- > 0; rest /= s_.extents[k]) at += rest % s_.extents[k] * s_.strides[k];
        const T* from = x.as<T>() + at;
        T* to = y.as<T>() + row * width;
        for (std::int64_t i = 0; i < width; ++i) to[i] = from[i * stride];
      }
    });
  }

 private:
  const Cpu& cpu_;
  std::size_t rank_;
  PermuteStrides s_;
};

}  // namespace

std::unique_ptr<Place2d> make_on(Cpu& cpu, const Place2dSpec& s) {
  verify(s);
  return with_float("place2d", s.dtype, [&]<class T>(T) -> std::unique_ptr<Place2d> { return std::make_unique<CpuPlace2d>(cpu, s); });
}
std::unique_ptr<Resize2d> make_on(Cpu& cpu, const Resize2dSpec& s) {
  verify(s);
  return with_float("resize2d", s.dtype, [&]<class T>(T) -> std::unique_ptr<Resize2d> { return std::make_unique<CpuResize2d<T>>(cpu, s); });
}
std::unique_ptr<Resize2dBackward> make_on(Cpu& cpu, const Resize2dBackwardSpec& spec) {
  const auto& s = spec.forward;
  verify(s);
  return with_float("resize2d", s.dtype,
                    [&]<class T>(T) -> std::unique_ptr<Resize2dBackward> { return std::make_unique<CpuResize2dBackward<T>>(cpu, s); });
}
std::unique_ptr<PermuteAxes> make_on(Cpu& cpu, const PermuteSpec& s) {
  verify(s);
  return with_float("permute", s.dtype,
                    [&]<class T>(T) -> std::unique_ptr<PermuteAxes> { return std::make_unique<CpuPermute<T>>(cpu, s); });
}

}  // namespace lehr
