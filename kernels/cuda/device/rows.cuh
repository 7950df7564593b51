// rows.cuh: one warp a row: its largest element and where it first occurs.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/cuda/device/element.cuh"
#include "kernels/cuda/device/reduce.cuh"

namespace lehr::device {

constexpr unsigned row_warps = 4;  ///< rows a block

/// This warp's row.
__device__ __forceinline__ std::int64_t row_of_warp() { return static_cast<std::int64_t>(blockIdx.x) * row_warps + threadIdx.x / 32; }

struct Largest {
  float value = -std::numeric_limits<float>::infinity();
  std::int64_t index = std::numeric_limits<std::int64_t>::max();
};
/// The lowest index among the largest, NaN passed over; 0 where all are NaN. Every lane gets it.
template <class T>
__device__ Largest largest_of_row(const T* z, std::int64_t n) {
  Largest best;
  for (std::int64_t k = threadIdx.x % 32; k < n; k += 32) {
    const float v = as_float(z[k]);
    if (v > best.value || (v == best.value && k < best.index)) {
      best.value = v;
      best.index = k;
    }
  }
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) {
    Largest other;
    other.value = __shfl_xor_sync(whole_warp, best.value, bits);
    other.index = __shfl_xor_sync(whole_warp, best.index, bits);
    if (other.value > best.value || (other.value == best.value && other.index < best.index)) best = other;
  }
  if (best.index >= n) best.index = 0;
  return best;
}

}  // namespace lehr::device
