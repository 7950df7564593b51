// Noise of training, computed anew from Philox forward and backward. Normal numbers pass through the device's double logarithm and cosine, as
// initial values do (fill.cu).
#include "kernels/noise.h"

#include <numbers>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

__device__ float normal_of(std::uint32_t first, std::uint32_t second) {
  const double u = 1.0 - static_cast<double>(uniform01(first));
  return static_cast<float>(sqrt(-2.0 * log(u)) * cos(2.0 * std::numbers::pi * static_cast<double>(uniform01(second))));
}

template <class T>
__global__ void gaussian_kernel(const T* x, T* y, GaussianSpec s, const StepCounters* counters) {
  constexpr int n = device::pack_size<T>;  // a multiple of two: a block of words makes two numbers
  const std::int64_t i = device::first_element<n>();
  if (i >= s.count) return;
  const auto step = static_cast<std::uint64_t>(counters->step);
  float v[n];
  device::load<n>(x + i, v, s.count - i);
#pragma unroll
  for (int j = 0; j < n; j += 2) {
    const Philox4 words = random_block(s.key, step, static_cast<std::uint64_t>(i + j) / 2);
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const float z = s.stddev * normal_of(words.v[2 * k], words.v[2 * k + 1]);
      v[j + k] = s.multiply ? v[j + k] * (1 + z) : v[j + k] + z;
    }
  }
  device::store<n>(y + i, v, s.count - i);
}

template <class T>
class Normal final : public Gaussian {
 public:
  explicit Normal(const GaussianSpec& spec) : spec_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream& stream) override {
    launch(gaussian_kernel<T>, blocks_for(spec_.count, device::pack_size<T>), block_threads, 0, stream, x.as<T>(), y.as<T>(), spec_,
           counters);
  }

 private:
  GaussianSpec spec_;
};

template <class T, int n>
__global__ void shared_dropout_kernel(const T* x, T* y, SharedDropoutSpec s, const StepCounters* counters, float scale) {
  const std::int64_t i = device::first_element<n>();
  if (i >= s.batch * s.pixels * s.channels) return;
  const auto step = static_cast<std::uint64_t>(counters->step);
  const std::int64_t row = i / s.channels, channel = i % s.channels;
  const std::int64_t sample = s.per_sample ? row / s.pixels : 0, pixel = s.per_pixel ? row % s.pixels : 0;
  const std::int64_t cell = (sample * (s.per_pixel ? s.pixels : 1) + pixel) * (s.per_channel ? s.channels : 1);
  const auto factor = [&](std::int64_t at) {
    return uniform01(random_word(s.key, step, static_cast<std::uint64_t>(at))) >= s.rate ? scale : 0.0F;
  };
  float v[n];
  device::load<n>(x + i, v);
  if (s.per_channel) {
#pragma unroll
    for (int j = 0; j < n; ++j) v[j] *= factor(cell + channel + j);
  } else {
    const float all = factor(cell);
#pragma unroll
    for (int j = 0; j < n; ++j) v[j] *= all;
  }
  device::store<n>(y + i, v);
}

template <class T>
class Shared final : public SharedDropout {
 public:
  explicit Shared(const SharedDropoutSpec& spec) : spec_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream& stream) override {
    const float scale = spec_.rate < 1 ? 1.0F / (1.0F - spec_.rate) : 0.0F;
    const std::int64_t count = spec_.batch * spec_.pixels * spec_.channels;
    const auto start = [&]<int n>(std::integral_constant<int, n>) {
      launch(shared_dropout_kernel<T, n>, blocks_for(count, n), block_threads, 0, stream, x.as<T>(), y.as<T>(), spec_, counters, scale);
    };
    if (spec_.channels % device::pack_size<T> == 0)
      start(std::integral_constant<int, device::pack_size<T>>{});
    else
      start(std::integral_constant<int, 1>{});
  }

 private:
  SharedDropoutSpec spec_;
};

}  // namespace

std::unique_ptr<Gaussian> make_on(Cuda&, const GaussianSpec& spec) {
  verify(spec);
  return with_float_on_cuda("gaussian noise", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<Gaussian> { return std::make_unique<Normal<T>>(spec); });
}

std::unique_ptr<SharedDropout> make_on(Cuda&, const SharedDropoutSpec& spec) {
  verify(spec);
  return with_float_on_cuda("dropout", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<SharedDropout> { return std::make_unique<Shared<T>>(spec); });
}

}  // namespace lehr
