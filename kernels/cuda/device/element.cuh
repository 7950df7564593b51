// element.cuh: one element as float32 and back, rounded to nearest even.
#pragma once

#include <cstdint>

#include "kernels/cuda/launch.h"
#include "kernels/dtype.h"

namespace lehr::device {

__device__ __forceinline__ float as_float(float x) { return x; }
__device__ __forceinline__ float as_float(bf16 x) { return __uint_as_float(static_cast<std::uint32_t>(x.bits) << 16U); }
__device__ __forceinline__ float as_float(std::uint8_t x) { return static_cast<float>(x); }
__device__ __forceinline__ float as_float(double x) { return static_cast<float>(x); }

template <class T>
__device__ __forceinline__ T from_float(float x) {
  return static_cast<T>(x);
}
template <>
__device__ __forceinline__ bf16 from_float<bf16>(float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  bf16 rounded;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(rounded.bits) : "f"(x));
  return rounded;
#else
  return bf16(x);
#endif
}

}  // namespace lehr::device
