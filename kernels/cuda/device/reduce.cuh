// reduce.cuh: sums and maxima of a warp and of a block, in an order that depends on nothing but the number of threads.
#pragma once

#include "kernels/cuda/launch.h"

namespace lehr::device {

constexpr std::uint32_t whole_warp = 0xffffffffU;

struct Sum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Max {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

/// Every lane gets the result.
template <class T, class Op>
__device__ __forceinline__ T warp_reduce(T value, Op op) {
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) value = op(value, __shfl_xor_sync(whole_warp, value, bits));
  return value;
}

template <class T>
struct WarpResults {
  T of_warp[32];
};
/// Every thread of a block of whole warps gets the result. A barrier at the end lets it be called again.
template <class T, class Op>
__device__ T block_reduce(T value, Op op) {
  auto& results = shared<WarpResults<T>>();
  const unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  value = warp_reduce(value, op);
  if (lane == 0) results.of_warp[warp] = value;
  __syncthreads();
  T total = results.of_warp[0];
  for (unsigned w = 1; w < warps; ++w) total = op(total, results.of_warp[w]);
  __syncthreads();
  return total;
}

}  // namespace lehr::device
