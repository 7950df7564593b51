#include "kernels/cuda/cublaslt/api.h"

#include "kernels/error.h"

namespace lehr::cublaslt {

std::string Api::version_text() const {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
}

std::shared_ptr<const Api> Api::load() {
  auto api =
      std::make_shared<Api>(Api{.library = cuda::Library({.name = "cuBLASLt", .sonames = {"libcublasLt.so.13", "libcublasLt.so.12"}})});
  const auto& library = api->library;
  library.bind(api->get_version, "cublasLtGetVersion");
  api->version = api->get_version();
  library.bind(api->status_string, "cublasLtGetStatusString");
  library.bind(api->create, "cublasLtCreate");
  library.bind(api->destroy, "cublasLtDestroy");
  library.bind(api->matmul, "cublasLtMatmul");
  library.bind(api->heuristic, "cublasLtMatmulAlgoGetHeuristic");
  library.bind(api->desc_create, "cublasLtMatmulDescCreate");
  library.bind(api->desc_destroy, "cublasLtMatmulDescDestroy");
  library.bind(api->desc_set, "cublasLtMatmulDescSetAttribute");
  library.bind(api->layout_create, "cublasLtMatrixLayoutCreate");
  library.bind(api->layout_destroy, "cublasLtMatrixLayoutDestroy");
  library.bind(api->preference_create, "cublasLtMatmulPreferenceCreate");
  library.bind(api->preference_destroy, "cublasLtMatmulPreferenceDestroy");
  library.bind(api->preference_set, "cublasLtMatmulPreferenceSetAttribute");
  return api;
}

void Api::check(cublasStatus_t status, std::string_view call) const {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Error({.category = Category::device,
               .where = "cuBLASLt " + version_text() + ", " + std::string(call),
               .what = status_string(status),
               .got = library.file().string()});
}

}  // namespace lehr::cublaslt
