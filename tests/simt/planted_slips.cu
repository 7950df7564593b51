// Arithmetic without a meaning, packs at odd places, host code at the device's memory; kernels that break no rule and are wrong; launches that are
// too large.
#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"
#include "tests/simt/planted.h"

namespace lehr::planted {
namespace {

constexpr unsigned threads = 64;
struct Row {
  float at[threads];
};
struct Hall {
  float at[60000];
};

__global__ void pack_kernel(const float* x, float* y, std::int64_t count, Slip plant) {
  const std::int64_t i = device::first_element<4>();
  float v[4];
  const int from = plant == Slip::misaligned_read ? 1 : 0, to = plant == Slip::misaligned_write ? 1 : 0;
  if (i + 5 > count) {
    for (std::int64_t k = i; k < count; ++k) y[k] = 2 * x[k];
    return;
  }
  device::load<4>(x + i + from, v);
  for (float& e : v) e *= 2;
  device::store<4>(y + i + to, v);
}

__global__ void arithmetic_kernel(const float* x, float* y, std::int64_t count, Slip plant) {
  const auto i = static_cast<int>(device::first_element<1>());
  if (i >= count) return;
  float twice[2] = {x[i], x[i]};
  const int far = plant == Slip::overflow ? 0x7fffffff : i;
  const int bits = plant == Slip::shift ? 32 : 1;
  const int place = plant == Slip::beyond_local_array ? 2 : 1;
  const int next = far + 1, wide = 1 << bits;
  y[i] = twice[0] + twice[place] + 0 * static_cast<float>(next) + 0 * static_cast<float>(wide);
}

__global__ void wrong_kernel(const float* x, float* y, std::int64_t count, Wrong plant) {
  auto& row = shared<Row>();
  const std::int64_t i = device::first_element<1>();
  const unsigned t = threadIdx.x;
  if (plant != Wrong::shared_not_written || t != 5) row.at[t] = i < count ? 2 * x[i] : 0;
  __syncthreads();
  const bool first_is_last = plant == Wrong::order_of_blocks || plant == Wrong::order_of_threads;
  if (i < count && (plant != Wrong::element_not_written || i != 5) && (!first_is_last || i != 0)) y[i] = row.at[t];
  // Who comes last stays: atomics do not race, and their order is nobody's promise.
  if (plant == Wrong::order_of_blocks && t == 0) atomicExch(y, 2.0F + static_cast<float>(blockIdx.x));
  if (plant == Wrong::order_of_threads && blockIdx.x == 0) atomicExch(y, 2.0F + static_cast<float>(t));
}

__global__ void hall_kernel(const float* x, float* y) {
  auto& hall = shared<Hall>();
  hall.at[threadIdx.x] = x[0];
  y[0] = hall.at[threadIdx.x];
}

}  // namespace

void run(Slip plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  const auto start = [&](auto kernel, std::int64_t each) {
    launch(kernel, blocks_for(count, each, threads), threads, 0, stream, x.as<float>(), y.as<float>(), count, plant);
  };
  switch (plant) {
    case Slip::none:
      start(pack_kernel, 4);
      return start(arithmetic_kernel, 1);
    case Slip::misaligned_read:
    case Slip::misaligned_write:
      return start(pack_kernel, 4);
    case Slip::read_by_host:
      start(arithmetic_kernel, y.as<float>()[1] > 0 ? 1 : 2);
      return;
    case Slip::write_by_host:
      y.as<float>()[1] = 2;
      return;
    default:
      return start(arithmetic_kernel, 1);
  }
}

void run(Wrong plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  launch(wrong_kernel, blocks_for(count, 1, threads), threads, 0, stream, x.as<float>(), y.as<float>(), count, plant);
}

void run(TooLarge plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  const auto start = [&](dim3 grid, dim3 block, std::size_t dynamic = 0) {
    launch(wrong_kernel, grid, block, dynamic, stream, x.as<float>(), y.as<float>(), count, Wrong::none);
  };
  switch (plant) {
    case TooLarge::none:
      return start(static_cast<unsigned>((count + threads - 1) / threads), threads);
    case TooLarge::threads:
      return start(1, 1025);
    case TooLarge::threads_in_z:
      return start(1, {1, 1, 65});
    case TooLarge::blocks_in_y:
      return start({1, 65536, 1}, threads);
    case TooLarge::dynamic_shared:
      return start(1, threads, (std::size_t{227} << 10U) + 1);
    case TooLarge::shared:
      return launch(hall_kernel, 1, threads, 0, stream, x.as<float>(), y.as<float>());
  }
}

}  // namespace lehr::planted
