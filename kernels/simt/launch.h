// launch.h: what kernels/cuda/launch.h and device/cuda.cuh mean under the executor.
#pragma once

#include <tuple>
#include <type_traits>

#include "kernels/cuda.h"
#include "kernels/cuda/grid.h"
#include "kernels/simt/cuda_on_host.h"
#include "kernels/simt/stream.h"

namespace lehr {

template <class... Parameters>
void launch(void (*kernel)(Parameters...), GridAt<dim3> grid, dim3 block, std::size_t shared_bytes, Stream& stream,
            std::type_identity_t<Parameters>... arguments) {
  simt::start(stream, grid.size, block, shared_bytes, kernel, std::tuple<Parameters...>(arguments...), grid.where);
}

/// As on a GPU of the newest kind that code is made for: tensor cores' products are emulated.
template <class... Parameters>
int code_generation(void (*)(Parameters...)) {
  return 90;
}

/// A kernel's piece of shared memory, one for each type: name a type of your own for each use.
template <class T>
T& shared() {
  static const char key = 0;
  return *static_cast<T*>(simt::shared_piece(&key, sizeof(T), alignof(T) < 16 ? 16 : alignof(T)));
}
/// The bytes that launch() was asked for, 128-byte aligned.
template <class T>
T* dynamic_shared() {
  return static_cast<T*>(simt::dynamic_shared());
}

}  // namespace lehr
