#include "kernels/cuda_version.h"

#if defined(LEHR_WITH_CUDA) && !defined(LEHR_SIMT)
#include <cuda_runtime_api.h>
#endif

namespace lehr {

std::string cuda_runtime_version() {
#if defined(LEHR_WITH_CUDA) && !defined(LEHR_SIMT)
  return std::to_string(CUDART_VERSION / 1000) + "." +
         std::to_string(CUDART_VERSION % 1000 / 10);  // linked statically: what it was built with
#else
  return "";
#endif
}

}  // namespace lehr
