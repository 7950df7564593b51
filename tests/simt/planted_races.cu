// Two threads at one place, with nothing that orders them.
#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"
#include "tests/simt/planted.h"

namespace lehr::planted {
namespace {

constexpr unsigned threads = 64;
struct Row {
  float at[threads];
};
struct WarpRow {
  float at[threads];
};

__global__ void shared_kernel(const float* x, float* y, std::int64_t count, Race plant) {
  auto& row = shared<Row>();
  const std::int64_t i = device::first_element<1>();
  const unsigned t = threadIdx.x;
  row.at[t] = i < count ? x[i] : 0;
  if (plant != Race::missing_barrier) __syncthreads();
  const float back = row.at[threads - 1 - t];
  __syncthreads();
  if (plant == Race::two_writes_to_shared)
    row.at[t / 2] = back;
  else
    row.at[threads - 1 - t] = 2 * back;
  __syncthreads();
  if (i < count) y[i] = row.at[t];
}

/// Only __syncwarp keeps it in order: neighbours of a warp exchange their numbers twice.
__global__ void warp_kernel(const float* x, float* y, std::int64_t count, Race plant) {
  auto& row = shared<WarpRow>();
  const std::int64_t i = device::first_element<1>();
  const unsigned t = threadIdx.x, neighbour = t ^ 1U;
  row.at[t] = i < count ? x[i] : 0;
  if (plant != Race::missing_syncwarp) __syncwarp();
  const float theirs = row.at[neighbour];
  __syncwarp();
  row.at[neighbour] = 2 * theirs;
  __syncwarp();
  if (i < count) y[i] = row.at[t];
}

__global__ void device_kernel(const float* x, float* y, std::int64_t count, Race plant) {
  const std::int64_t i = device::first_element<1>();
  if (i >= count) return;
  const std::int64_t of_block = i / threads * threads;
  if (plant == Race::two_writes_of_a_block)
    y[of_block + threadIdx.x % 32] = 2 * x[i];  // two warps
  else if (plant == Race::two_writes_of_blocks)
    y[i % threads] = 2 * x[i];
  else if (plant == Race::atomic_and_plain && threadIdx.x % 2 == 1)
    atomicAdd(y + i - 1, x[i]);
  else
    y[i] = 2 * x[i];
  if (plant == Race::read_and_write_of_a_warp && threadIdx.x % 2 == 0 && i + 1 < count) y[i] = y[i + 1];
  if (plant == Race::read_and_write_of_blocks && i >= threads) y[i] = y[i - threads];
}

}  // namespace

void run(Race plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  const auto start = [&](auto kernel) {
    launch(kernel, blocks_for(count, 1, threads), threads, 0, stream, x.as<float>(), y.as<float>(), count, plant);
  };
  switch (plant) {
    case Race::none:
      start(shared_kernel);
      start(warp_kernel);
      return start(device_kernel);
    case Race::missing_barrier:
    case Race::two_writes_to_shared:
      return start(shared_kernel);
    case Race::missing_syncwarp:
      return start(warp_kernel);
    default:
      return start(device_kernel);
  }
}

}  // namespace lehr::planted
