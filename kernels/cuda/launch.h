// launch.h: how a .cu file starts a kernel and names its shared memory. `<<< >>>` and `__shared__` stay out of our code, so that g++
// compiles the very same files against kernels/simt.
#pragma once

#ifdef LEHR_SIMT
#include "kernels/simt/launch.h"
#else

#include <cuda_runtime.h>

#include <type_traits>

#include "kernels/cuda.h"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/status.h"

namespace lehr {

/// An empty grid does nothing.
template <class... Parameters>
void launch(void (*kernel)(Parameters...), GridAt<dim3> grid, dim3 block, std::size_t shared_bytes, Stream& stream,
            std::type_identity_t<Parameters>... arguments) {
  if (grid.size.x == 0 || grid.size.y == 0 || grid.size.z == 0) return;
  cudaLaunchConfig_t config = {};
  config.gridDim = grid.size;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = cuda_stream(stream).handle();
  ++cuda_stream(stream).counters().launches;
  cuda_check(cudaLaunchKernelEx(&config, kernel, arguments...), grid.where);
}

/// Compute capability, as 80, that the code of a kernel was made for, which the driver may have compiled for a newer GPU.
template <class... Parameters>
int code_generation(void (*kernel)(Parameters...)) {
  cudaFuncAttributes attributes = {};
  cuda_check(cudaFuncGetAttributes(&attributes, kernel));
  return attributes.ptxVersion;
}

#ifdef __CUDACC__
/// A kernel's piece of shared memory, one for each type: name a type of your own for each use.
template <class T>
__device__ __forceinline__ T& shared() {
  __shared__ __align__(alignof(T) < 16 ? 16 : alignof(T)) unsigned char memory[sizeof(T)];  // bytes: shared memory has no constructors
  return *reinterpret_cast<T*>(memory);
}
/// The bytes that launch() was asked for.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
  extern __shared__ __align__(128) unsigned char lehr_dynamic_shared[];
  return reinterpret_cast<T*>(lehr_dynamic_shared);
}
#endif

}  // namespace lehr

#endif
