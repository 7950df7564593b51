// pack.cuh: several neighbouring elements that one thread moves at once, 16 bytes an instruction.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cuda/device/element.cuh"

namespace lehr::device {

template <class T, int n>
struct alignas(n * sizeof(T) < 16 ? n * sizeof(T) : 16) Elements {
  T at[n];
};
/// As many elements as 16 bytes hold.
template <class T>
inline constexpr int pack_size = static_cast<int>(16 / sizeof(T));

template <int n, class T>
__device__ __forceinline__ void load(const T* from, float (&to)[n]) {
  const auto pack = *reinterpret_cast<const Elements<T, n>*>(from);
#pragma unroll
  for (int i = 0; i < n; ++i) to[i] = as_float(pack.at[i]);
}
template <int n, class T>
__device__ __forceinline__ void store(T* to, const float (&from)[n]) {
  Elements<T, n> pack;
#pragma unroll
  for (int i = 0; i < n; ++i) pack.at[i] = from_float<T>(from[i]);
  *reinterpret_cast<Elements<T, n>*>(to) = pack;
}
/// The same where fewer than n may be left: `count` of them, the rest is 0 and is not written.
template <int n, class T>
__device__ __forceinline__ void load(const T* from, float (&to)[n], std::int64_t count) {
  if (count >= n) return load<n>(from, to);
#pragma unroll
  for (int i = 0; i < n; ++i) to[i] = i < count ? as_float(from[i]) : 0;
}
template <int n, class T>
__device__ __forceinline__ void store(T* to, const float (&from)[n], std::int64_t count) {
  if (count >= n) return store<n>(to, from);
#pragma unroll
  for (int i = 0; i < n; ++i)
    if (i < count) to[i] = from_float<T>(from[i]);
}

/// This thread's first element of a flat array, n elements a thread.
template <int n>
__device__ __forceinline__ std::int64_t first_element() {
  return (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * n;
}

}  // namespace lehr::device
