// status.h: the runtime's statuses become Errors here and nowhere else.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>

namespace lehr {

[[noreturn]] void cuda_failed(cudaError_t status, std::source_location where);

/// Throws Error{device}: exit code 4.
inline void cuda_check(cudaError_t status, std::source_location where = std::source_location::current()) {
  if (status != cudaSuccess) cuda_failed(status, where);
}

}  // namespace lehr
