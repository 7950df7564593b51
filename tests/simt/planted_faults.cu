#include "tests/simt/planted_faults.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr::planted {
namespace {

constexpr unsigned threads = 64;
struct Row {
  float at[threads];
};

__global__ void buffer_kernel(const float* x, float* y, std::int64_t count, Plant plant) {
  const std::int64_t i = device::first_element<1>();
  const bool last = i + 1 == count;
  if (i < count)
    y[i + (plant == Plant::write_beyond_buffer && last ? 1 : 0)] = 2 * x[i + (plant == Plant::read_beyond_buffer && last ? 1 : 0)];
  if (plant == Plant::read_before_buffer && i == 0) y[0] = x[-1];
}

__global__ void shared_kernel(const float* x, float* y, std::int64_t count, Plant plant) {
  auto& row = shared<Row>();
  const std::int64_t i = device::first_element<1>();
  const unsigned t = threadIdx.x;
  row.at[t] = i < count ? x[i] : 0;
  if (plant != Plant::missing_barrier) __syncthreads();
  const float back = row.at[threads - 1 - t];
  __syncthreads();
  if (plant == Plant::shared_race)
    row.at[t / 2] = back;
  else
    row.at[threads - 1 - t] = 2 * back;
  __syncthreads();
  const unsigned beyond = plant == Plant::beyond_shared ? 1 : 0;
  if (i < count) y[i] = (&row.at[0])[t + beyond];
}

__global__ void barrier_kernel(const float* x, float* y, std::int64_t count, Plant plant) {
  const std::int64_t i = device::first_element<1>();
  if (plant == Plant::barrier_after_return && i >= count) return;
  if (plant == Plant::divergent_barrier && threadIdx.x < 32)  // NOLINT(bugprone-branch-clone): two barriers, not one
    __syncthreads();
  else
    __syncthreads();
  if (i < count) y[i] = 2 * x[i];
}

__global__ void warp_kernel(const float* x, float* y, std::int64_t count, Plant plant) {
  const std::int64_t i = device::first_element<1>();
  const float v = i < count ? x[i] : 0;
  float same = v;
  if (plant == Plant::inactive_lane) {
    if (threadIdx.x % 2 == 0) same = __shfl_xor_sync(device::whole_warp, v, 2);  // odd lanes are named, and not here
  } else if (plant == Plant::lane_outside_mask) {
    if (threadIdx.x % 2 == 0) same = __shfl_xor_sync(0x55555555U, v, 1);
  } else {
    same = __shfl_xor_sync(device::whole_warp, __shfl_xor_sync(device::whole_warp, v, 1), 1);
  }
  if (i < count) y[i] = 2 * same;
}

__global__ void block_race_kernel(const float* x, float* y, std::int64_t count, Plant plant) {
  const std::int64_t i = device::first_element<1>();
  if (i < count) y[plant == Plant::race_of_blocks ? i % threads : i] = 2 * x[i];
}

__global__ void pack_kernel(const float* x, float* y, std::int64_t count, Plant plant) {
  const std::int64_t i = device::first_element<4>();
  float v[4];
  const int off = plant == Plant::misaligned ? 1 : 0;
  if (i + off + 4 > count) return;
  device::load<4>(x + i + off, v);
  for (float& e : v) e *= 2;
  device::store<4>(y + i + off, v);
}

}  // namespace

void run(Plant plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  const auto start = [&](auto kernel, std::int64_t each = 1) {
    launch(kernel, blocks_for(count, each, threads), threads, 0, stream, x.as<float>(), y.as<float>(), count, plant);
  };
  switch (plant) {
    case Plant::none:
      start(buffer_kernel);
      start(shared_kernel);
      start(barrier_kernel);
      start(warp_kernel);
      start(pack_kernel, 4);
      return start(block_race_kernel);
    case Plant::host_memory: {
      const float host[1] = {1};
      return launch(buffer_kernel, 1, threads, 0, stream, static_cast<const float*>(host), y.as<float>(), std::int64_t{1}, plant);
    }
    case Plant::write_beyond_buffer:
    case Plant::read_beyond_buffer:
    case Plant::read_before_buffer:
      return start(buffer_kernel);
    case Plant::missing_barrier:
    case Plant::shared_race:
    case Plant::beyond_shared:
      return start(shared_kernel);
    case Plant::divergent_barrier:
    case Plant::barrier_after_return:
      return start(barrier_kernel);
    case Plant::inactive_lane:
    case Plant::lane_outside_mask:
      return start(warp_kernel);
    case Plant::race_of_blocks:
      return start(block_race_kernel);
    default:
      return start(pack_kernel, 4);
  }
}

}  // namespace lehr::planted
