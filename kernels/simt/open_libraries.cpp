// The executor's libraries: those that LEHR_CUDA_PATH names and that say, by a function of their own, that they compute on the host. A GPU's
// cannot: the executor's memory is no GPU's.
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

#if defined(LEHR_WITH_CUDNN) || defined(LEHR_WITH_CUBLASLT)
[[noreturn]] void for_a_gpu(const cuda::Library& library) {
  throw Error({.category = Category::device, .where = library.name(), .what = "computes on a GPU only", .got = library.file().string()});
}
#endif

std::shared_ptr<cudnn::Session> open_cudnn() {
#ifdef LEHR_WITH_CUDNN
  const auto api = cudnn::Api::load();
  cudnn::open_handle(api);
  for_a_gpu(api->library);
#else
  throw Error({.category = Category::device, .where = "cuDNN", .what = "this build was made without its headers"});
#endif
}

std::shared_ptr<cublaslt::Session> open_cublaslt() {
#ifdef LEHR_WITH_CUBLASLT
  const auto api = cublaslt::Api::load();
  void (*computes_on_the_host)() = nullptr;
  api->library.bind_optional(computes_on_the_host, "lehr_computes_on_the_host");
  if (computes_on_the_host == nullptr) for_a_gpu(api->library);
  return cublaslt::open_session();
#else
  throw Error({.category = Category::device, .where = "cuBLASLt", .what = "this build was made without its header"});
#endif
}

}  // namespace

std::string Cuda::open_libraries() {
  libraries_ = std::make_shared<CudaLibraries>();
  return lehr::open_libraries(*libraries_, choices_, {.cudnn = open_cudnn, .cublaslt = open_cublaslt});
}

}  // namespace lehr
