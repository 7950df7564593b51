// Constants and random numbers: element i from the words of its index, as on the CPU. Uniform numbers have the CPU's bits; normal ones pass
// through the device's double logarithm and cosine, whose last bit may differ before the result is rounded to float32.
#include "kernels/fill.h"

#include <numbers>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

/// Box-Muller: u in (0, 1], so that the logarithm is finite.
__device__ double normal_of(std::uint32_t first, std::uint32_t second) {
  const double u = 1.0 - static_cast<double>(uniform01(first));
  return sqrt(-2.0 * log(u)) * cos(2.0 * std::numbers::pi * static_cast<double>(uniform01(second)));
}

__device__ double element_of(const FillSpec& s, std::uint64_t i) {
  if (s.distribution == Distribution::constant) return s.a;
  if (s.distribution == Distribution::uniform) return s.a + (s.b - s.a) * static_cast<double>(uniform01(random_word(s.key, 0, i)));
  double z = normal_of(random_word(s.key, 0, 2 * i), random_word(s.key, 0, 2 * i + 1));
  if (s.distribution == Distribution::truncated_normal)
    for (std::uint64_t step = 1; z > 2 || z < -2; ++step)
      z = normal_of(random_word(s.key, step, 2 * i), random_word(s.key, step, 2 * i + 1));
  return s.a + s.b * z;
}

__global__ void fill_kernel(float* y, FillSpec spec) {
  const std::int64_t i = device::first_element<1>();
  if (i < spec.count) y[i] = static_cast<float>(element_of(spec, static_cast<std::uint64_t>(i)));
}

class CudaFill final : public Fill {
 public:
  explicit CudaFill(const FillSpec& spec) : spec_(spec) {}
  void run(View y, Stream& stream) override {
    launch(fill_kernel, blocks_for(spec_.count), block_threads, 0, stream, y.as<float>(), spec_);
  }

 private:
  FillSpec spec_;
};

}  // namespace

std::unique_ptr<Fill> make_on(Cuda&, const FillSpec& spec) { return std::make_unique<CudaFill>(spec); }

}  // namespace lehr
