// libraries.h: what a Cuda backend has opened of the vendor's libraries. Included by kernels/cuda/ only.
#pragma once

#include <functional>
#include <memory>
#include <string>

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

/// How each is opened; both throw Error{device} where they cannot.
struct LibraryOpeners {
  std::function<std::shared_ptr<cudnn::Session>()> cudnn = {};
  std::function<std::shared_ptr<cublaslt::Session>()> cublaslt = {};
};
/// Opens what the choices want of them into `libraries`. One line on what our own kernels do instead, empty where that is nothing; Error{device}
/// where the choices insist on cuDNN.
std::string open_libraries(CudaLibraries& libraries, const CudaChoices& choices, const LibraryOpeners& openers);

}  // namespace lehr
