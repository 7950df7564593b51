// Threads of a block that should meet, and lanes of a warp.
#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/make_kernel.h"
#include "tests/simt/planted.h"

namespace lehr::planted {
namespace {

constexpr unsigned threads = 64;
constexpr std::uint32_t even_lanes = 0x55555555U;

__global__ void barrier_kernel(const float* x, float* y, std::int64_t count, Meeting plant) {
  const std::int64_t i = device::first_element<1>();
  if (plant == Meeting::barrier_after_return && i >= count) return;
  if (plant == Meeting::divergent_barrier && threadIdx.x < 32)  // NOLINT(bugprone-branch-clone): two barriers, not one
    __syncthreads();
  else if (plant == Meeting::barrier_and_syncwarp && threadIdx.x >= 32 && threadIdx.x % 2 == 0)
    __syncwarp();
  else
    __syncthreads();
  if (i < count) y[i] = 2 * x[i];
}

__global__ void warp_kernel(const float* x, float* y, std::int64_t count, Meeting plant) {
  const std::int64_t i = device::first_element<1>();
  const float v = i < count ? x[i] : 0;
  const bool even = threadIdx.x % 2 == 0;
  float same = v;
  switch (plant) {
    case Meeting::shuffle_without_lanes:
      if (even) same = __shfl_xor_sync(device::whole_warp, v, 2);  // odd lanes are named, and not here
      break;
    case Meeting::vote_without_lanes:
      if (even && __any_sync(device::whole_warp, v > 0) == 0) same = 0;
      break;
    case Meeting::lane_outside_mask:
      if (even) same = __shfl_xor_sync(even_lanes, v, 1);
      break;
    case Meeting::lane_not_in_its_own_mask:
      same = __shfl_xor_sync(even_lanes, v, 2);
      break;
    case Meeting::shuffle_and_vote:
      if (even)
        same = __shfl_xor_sync(device::whole_warp, v, 2);
      else
        same = __all_sync(device::whole_warp, v > 0) != 0 ? v : 0;
      break;
    case Meeting::two_masks:
      same = __shfl_sync(even ? device::whole_warp : ~even_lanes, v, 1);
      break;
    default:
      same = __shfl_xor_sync(device::whole_warp, __shfl_xor_sync(device::whole_warp, v, 1), 1);
      if (__ballot_sync(device::whole_warp, 1) != device::whole_warp) same = 0;
  }
  if (i < count) y[i] = 2 * same;
}

}  // namespace

void run(Meeting plant, ConstView x, View y, Stream& stream) {
  const auto count = static_cast<std::int64_t>(x.count);
  const auto start = [&](auto kernel) {
    launch(kernel, blocks_for(count, 1, threads), threads, 0, stream, x.as<float>(), y.as<float>(), count, plant);
  };
  switch (plant) {
    case Meeting::none:
      start(barrier_kernel);
      return start(warp_kernel);
    case Meeting::divergent_barrier:
    case Meeting::barrier_after_return:
    case Meeting::barrier_and_syncwarp:
      return start(barrier_kernel);
    default:
      return start(warp_kernel);
  }
}

}  // namespace lehr::planted
