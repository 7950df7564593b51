// libraries.h: what a Cuda backend has opened of the vendor's libraries. Included by kernels/cuda/ only.
#pragma once

#include <memory>

#include "kernels/cuda.h"

namespace lehr {

namespace cudnn {
struct Session;
}
namespace cublaslt {
struct Session;
}

struct CudaLibraries {
  std::shared_ptr<cudnn::Session> cudnn = {};
  std::shared_ptr<cublaslt::Session> cublaslt = {};
};

}  // namespace lehr
