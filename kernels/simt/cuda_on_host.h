// cuda_on_host.h: CUDA's words for g++, so that the very same .cu files compile for the executor. Only what our kernels use.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/simt/executor.h"
#include "kernels/simt/warp.h"

// NOLINTBEGIN: the names are CUDA's
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

using dim3 = lehr::simt::Dim3;
#define threadIdx (::lehr::simt::thread_index())
#define blockIdx (::lehr::simt::block_index())
#define blockDim (::lehr::simt::block_dim())
#define gridDim (::lehr::simt::grid_dim())

inline void __syncthreads(lehr::simt::Site site = lehr::simt::Site::current()) { lehr::simt::barrier(site); }
inline void __syncwarp(std::uint32_t mask = 0xffffffffU, lehr::simt::Site site = lehr::simt::Site::current()) {
  lehr::simt::meet(mask, "__syncwarp", nullptr, nullptr, true, site);
}
template <class T>
T __shfl_sync(std::uint32_t mask, T value, int source, int width = 32, lehr::simt::Site site = lehr::simt::Site::current()) {
  const int base = static_cast<int>(lehr::simt::lane()) / width * width;
  return lehr::simt::shuffle(mask, value, base + (source & (width - 1)), site);
}
template <class T>
T __shfl_xor_sync(std::uint32_t mask, T value, int bits, int = 32, lehr::simt::Site site = lehr::simt::Site::current()) {
  return lehr::simt::shuffle(mask, value, static_cast<int>(lehr::simt::lane()) ^ bits, site);
}
template <class T>
T __shfl_down_sync(std::uint32_t mask, T value, unsigned delta, int width = 32, lehr::simt::Site site = lehr::simt::Site::current()) {
  const int from = static_cast<int>(lehr::simt::lane() + delta), self = static_cast<int>(lehr::simt::lane());
  return lehr::simt::shuffle(mask, value, from / width == self / width ? from : self, site);
}
template <class T>
T __shfl_up_sync(std::uint32_t mask, T value, unsigned delta, int width = 32, lehr::simt::Site site = lehr::simt::Site::current()) {
  const int self = static_cast<int>(lehr::simt::lane()), from = self - static_cast<int>(delta);
  return lehr::simt::shuffle(mask, value, from >= self / width * width ? from : self, site);
}
inline std::uint32_t __ballot_sync(std::uint32_t mask, int yes, lehr::simt::Site site = lehr::simt::Site::current()) {
  return lehr::simt::ballot(mask, yes != 0, site);
}
inline int __any_sync(std::uint32_t mask, int yes, lehr::simt::Site site = lehr::simt::Site::current()) {
  return lehr::simt::ballot(mask, yes != 0, site) != 0;
}
inline int __all_sync(std::uint32_t mask, int yes, lehr::simt::Site site = lehr::simt::Site::current()) {
  return lehr::simt::ballot(mask, yes != 0, site) == mask;
}

// One host thread runs all threads of a block in turn, so that plain arithmetic is atomic.
template <class T>
T atomicAdd(T* at, T value) {
  return lehr::simt::atomic(at, [value](T old) { return old + value; });
}
template <class T>
T atomicMax(T* at, T value) {
  return lehr::simt::atomic(at, [value](T old) { return old > value ? old : value; });
}
template <class T>
T atomicMin(T* at, T value) {
  return lehr::simt::atomic(at, [value](T old) { return old < value ? old : value; });
}
template <class T>
T atomicOr(T* at, T value) {
  return lehr::simt::atomic(at, [value](T old) { return old | value; });
}
template <class T>
T atomicExch(T* at, T value) {
  return lehr::simt::atomic(at, [value](T) { return value; });
}
template <class T>
T atomicCAS(T* at, T compare, T value) {
  return lehr::simt::atomic(at, [=](T old) { return old == compare ? value : old; });
}

template <class T>
T __ldg(const T* at) {
  return *at;
}
inline int __popc(std::uint32_t x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<std::uint32_t>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<std::uint32_t>(x)) + 1; }
inline float __uint_as_float(std::uint32_t x) { return std::bit_cast<float>(x); }
inline std::uint32_t __float_as_uint(float x) { return std::bit_cast<std::uint32_t>(x); }
inline float rsqrtf(float x) { return 1.0F / std::sqrt(x); }
inline void __threadfence() {}
[[noreturn]] inline void __trap() { lehr::simt::trap(); }
// NOLINTEND
