// How a Cuda backend on a GPU opens cuDNN and cuBLASLt; the executor opens its own (kernels/simt/open_libraries.cpp).
#include "kernels/cuda/libraries.h"
#include "kernels/error.h"
#ifdef LEHR_WITH_CUDNN
#include "kernels/cuda/cudnn/session.h"
#endif
#ifdef LEHR_WITH_CUBLASLT
#include "kernels/cuda/cublaslt/session.h"
#endif

namespace lehr {
namespace {

#ifdef LEHR_WITH_CUDNN
std::shared_ptr<cudnn::Session> open_cudnn(Cuda& cuda) { return cudnn::open_session(cuda); }
#else
[[noreturn]] std::shared_ptr<cudnn::Session> open_cudnn(Cuda&) {
  throw Error({.category = Category::device, .where = "cuDNN", .what = "this build was made without its headers"});
}
#endif
#ifdef LEHR_WITH_CUBLASLT
std::shared_ptr<cublaslt::Session> open_cublaslt(Cuda&) { return cublaslt::open_session(); }
#else
[[noreturn]] std::shared_ptr<cublaslt::Session> open_cublaslt(Cuda&) {
  throw Error({.category = Category::device, .where = "cuBLASLt", .what = "this build was made without its header"});
}
#endif

}  // namespace

std::string Cuda::open_libraries() {
  libraries_ = std::make_shared<CudaLibraries>();
  return lehr::open_libraries(*libraries_, choices_,
                              {.cudnn = [this] { return open_cudnn(*this); }, .cublaslt = [this] { return open_cublaslt(*this); }});
}

}  // namespace lehr
