// Dropout: the mask is computed anew from Philox, four words a call, forward and backward alike.
#include "kernels/dropout.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

template <class T>
__global__ void drop_kernel(const T* x, T* y, std::int64_t count, RandomKey key, const StepCounters* counters, float rate, float scale) {
  constexpr int n = device::pack_size<T>;  // a multiple of four
  const std::int64_t i = device::first_element<n>();
  if (i >= count) return;
  const auto step = static_cast<std::uint64_t>(counters->step);
  float v[n];
  device::load<n>(x + i, v, count - i);
#pragma unroll
  for (int j = 0; j < n; j += 4) {
    const Philox4 words = random_block(key, step, static_cast<std::uint64_t>(i + j) / 4);
#pragma unroll
    for (int k = 0; k < 4; ++k) v[j + k] = uniform01(words.v[k]) >= rate ? v[j + k] * scale : 0.0F;
  }
  device::store<n>(y + i, v, count - i);
}

template <class T>
class Mask final : public DropoutMask {
 public:
  explicit Mask(const DropoutSpec& spec) : spec_(spec) {}
  void run(ConstView x, const StepCounters* counters, View y, Stream& stream) override {
    const float scale = spec_.rate < 1 ? 1.0F / (1.0F - spec_.rate) : 0.0F;
    launch(drop_kernel<T>, blocks_for(spec_.count, device::pack_size<T>), block_threads, 0, stream, x.as<T>(), y.as<T>(), spec_.count,
           spec_.key, counters, spec_.rate, scale);
  }

 private:
  DropoutSpec spec_;
};

}  // namespace

std::unique_ptr<DropoutMask> make_on(Cuda&, const DropoutSpec& spec) {
  verify(spec);
  return with_float_on_cuda("dropout", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<DropoutMask> { return std::make_unique<Mask<T>>(spec); });
}

}  // namespace lehr
