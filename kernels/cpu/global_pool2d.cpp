#include "kernels/cpu/columns.h"
#include "kernels/pool2d.h"

namespace lehr {
namespace {

constexpr std::int64_t block = 128;  ///< channels that one task of forward takes

/// Means over `pixels` of `length` channels, `channels` apart. Few channels: pixels side by side are taken as one row, so that the loop is
/// long enough for vectors.
template <class T>
LEHR_SIMD void mean_of_pixels(const T* x, T* y, std::int64_t pixels, std::int64_t channels, std::int64_t length) {
  const std::int64_t fold = length < channels ? 1 : std::max<std::int64_t>(1, std::min(pixels, block / channels)), width = fold * length;
  double sums[block];
  column_sums(pixels * channels - (channels - length), width, fold * channels, {sums},
              [x](std::int64_t i, std::int64_t) { return load(x, i); });
  for (std::int64_t k = 0; k < length; ++k) {
    for (std::int64_t f = 1; f < fold; ++f) sums[k] += sums[f * length + k];
    store(y, k, static_cast<float>(sums[k] / static_cast<double>(pixels)));
  }
}

template <class T>
LEHR_SIMD void maximum_of_pixels(const T* x, T* y, std::int32_t* index, std::int64_t pixels, std::int64_t channels, std::int64_t length) {
  float best[block];
  std::int32_t place[block];
  for (std::int64_t k = 0; k < length; ++k) best[k] = load(x, k);
  for (std::int64_t k = 0; k < length; ++k) place[k] = 0;
  for (std::int64_t p = 1; p < pixels; ++p) {
    const T* row = x + p * channels;
    const auto here = static_cast<std::int32_t>(p);
#pragma omp simd
    for (std::int64_t k = 0; k < length; ++k) {
      const float v = load(row, k);
      place[k] = v > best[k] ? here : place[k];
      best[k] = v > best[k] ? v : best[k];
    }
  }
  for (std::int64_t k = 0; k < length; ++k) store(y, k, best[k]);
  for (std::int64_t k = 0; k < length; ++k) index[k] = place[k];
}

template <class T>
LEHR_SIMD void spread_mean(const T* dy, T* dx, std::int64_t pixels, std::int64_t channels, float share) {
  for (std::int64_t p = 0; p < pixels; ++p) {
    T* out = dx + p * channels;
#pragma omp simd
    for (std::int64_t k = 0; k < channels; ++k) store(out, k, load(dy, k) * share);
  }
}

template <class T>
LEHR_SIMD void spread_maximum(const T* dy, const std::int32_t* index, T* dx, std::int64_t first, std::int64_t pixels,
                              std::int64_t channels) {
  for (std::int64_t p = 0; p < pixels; ++p) {
    T* out = dx + p * channels;
    const auto here = static_cast<std::int32_t>(first + p);
#pragma omp simd
    for (std::int64_t k = 0; k < channels; ++k) store(out, k, index[k] == here ? load(dy, k) : 0.0F);
  }
}

template <class T>
class CpuGlobalPool2d final : public GlobalPool2d {
 public:
  CpuGlobalPool2d(const Cpu& cpu, const GlobalPool2dSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView x, View y, View index, Stream&) override {
    const std::int64_t c = s_.channels, blocks = chunks_of(c, block);
    for_chunks(cpu_, s_.batch * blocks, row_chunk(s_.pixels * std::min(c, block)), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t n = task / blocks, k = task % blocks * block, length = std::min(block, c - k);
        const T* in = x.as<T>() + n * s_.pixels * c + k;
        T* out = y.as<T>() + n * c + k;
        if (s_.pooling == Pooling::average)
          mean_of_pixels(in, out, s_.pixels, c, length);
        else
          maximum_of_pixels(in, out, index.as<std::int32_t>() + n * c + k, s_.pixels, c, length);
      }
    });
  }

 private:
  const Cpu& cpu_;
  GlobalPool2dSpec s_;
};

template <class T>
class CpuGlobalPool2dBackward final : public GlobalPool2dBackward {
 public:
  CpuGlobalPool2dBackward(const Cpu& cpu, const GlobalPool2dSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView dy, ConstView index, View dx, Stream&) override {
    const std::int64_t c = s_.channels;
    const auto share = static_cast<float>(1.0 / static_cast<double>(s_.pixels));
    for_chunks(cpu_, s_.batch * s_.pixels, row_chunk(c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      while (begin < end) {
        const std::int64_t n = begin / s_.pixels, first = begin % s_.pixels, pixels = std::min(end - begin, s_.pixels - first);
        T* out = dx.as<T>() + begin * c;
        if (s_.pooling == Pooling::average)
          spread_mean(dy.as<T>() + n * c, out, pixels, c, share);
        else
          spread_maximum(dy.as<T>() + n * c, index.as<std::int32_t>() + n * c, out, first, pixels, c);
        begin += pixels;
      }
    });
  }

 private:
  const Cpu& cpu_;
  GlobalPool2dSpec s_;
};

}  // namespace

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
