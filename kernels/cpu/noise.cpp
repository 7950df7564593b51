#include "kernels/noise.h"

#include <cmath>
#include <numbers>

#include "kernels/cpu/element.h"
#include "kernels/cpu/random.h"

namespace lehr {
namespace {

LEHR_SIMD void words_of(RandomKey key, std::uint64_t step, std::int64_t first, std::uint32_t* words) {
  random_words(key, step, first, words);
}

template <class T>
class CpuGaussian final : public Gaussian {
 public:
  CpuGaussian(const Cpu& cpu, const GaussianSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream&) override {
    const auto step = static_cast<std::uint64_t>(counters->step);
    for_chunks(cpu_, s_.count, element_chunk / 4, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      std::uint32_t words[word_run];
      for (std::int64_t at = begin; at < end; at += word_run / 2) {
        words_of(s_.key, step, 2 * at, words);
        for (std::int64_t i = 0; i < std::min(word_run / 2, end - at); ++i) {
          const float z = s_.stddev * normal_of(words[2 * i], words[2 * i + 1]), in = load(x.as<T>(), at + i);
          store(y.as<T>(), at + i, s_.multiply ? in * (1 + z) : in + z);
        }
      }
    });
  }

 private:
  static float normal_of(std::uint32_t first, std::uint32_t second) {
    const double u = 1.0 - static_cast<double>(uniform01(first));
    return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * static_cast<double>(uniform01(second))));
  }
  const Cpu& cpu_;
  GaussianSpec s_;
};

template <class T>
LEHR_SIMD void scale_all(const T* x, T* y, std::int64_t n, float scale) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, load(x, i) * scale);
}

template <class T>
class CpuSharedDropout final : public SharedDropout {
 public:
  CpuSharedDropout(const Cpu& cpu, const SharedDropoutSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream&) override {
    const auto step = static_cast<std::uint64_t>(counters->step);
    const float scale = s_.rate < 1 ? 1.0F / (1.0F - s_.rate) : 0.0F;
    const std::int64_t pixels = s_.per_pixel ? s_.pixels : 1, channels = s_.per_channel ? s_.channels : 1;
    for_chunks(cpu_, s_.batch * s_.pixels, row_chunk(s_.channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t n = row / s_.pixels, p = row % s_.pixels;
        const std::int64_t cell = ((s_.per_sample ? n : 0) * pixels + (s_.per_pixel ? p : 0)) * channels;
        const T* from = x.as<T>() + row * s_.channels;
        T* to = y.as<T>() + row * s_.channels;
        const auto factor = [&](std::int64_t at) {
          return uniform01(random_word(s_.key, step, static_cast<std::uint64_t>(at))) >= s_.rate ? scale : 0.0F;
        };
        if (!s_.per_channel)
          scale_all(from, to, s_.channels, factor(cell));
        else
          for (std::int64_t c = 0; c < s_.channels; ++c) store(to, c, load(from, c) * factor(cell + c));
      }
    });
  }

 private:
  const Cpu& cpu_;
  SharedDropoutSpec s_;
};

}  // namespace

std::unique_ptr<Gaussian> make_on(Cpu& cpu, const GaussianSpec& spec) {
  verify(spec);
  return with_float("gaussian noise", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<Gaussian> { return std::make_unique<CpuGaussian<T>>(cpu, spec); });
}
std::unique_ptr<SharedDropout> make_on(Cpu& cpu, const SharedDropoutSpec& spec) {
  verify(spec);
  return with_float("dropout", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<SharedDropout> { return std::make_unique<CpuSharedDropout<T>>(cpu, spec); });
}

}  // namespace lehr
