// api.h: cuBLASLt through function pointers, its descriptors with an owner, its statuses as lehr::Error. Included by kernels/cuda/ only.
#pragma once

#include <cublasLt.h>

#include <memory>
#include <string>
#include <string_view>

#include "kernels/cuda/library.h"

namespace lehr::cublaslt {

/// The functions of libcublasLt that lehr calls.
struct Api {
  /// Version 13 or 12; throws Error{device} where there is neither.
  static std::shared_ptr<const Api> load();

  cuda::Library library;
  std::size_t version = 0;  ///< 130100 is 13.1.0

  decltype(cublasLtGetVersion)* get_version = nullptr;
  decltype(cublasLtGetStatusString)* status_string = nullptr;
  decltype(cublasLtCreate)* create = nullptr;
  decltype(cublasLtDestroy)* destroy = nullptr;
  decltype(cublasLtMatmul)* matmul = nullptr;
  decltype(cublasLtMatmulAlgoGetHeuristic)* heuristic = nullptr;
  decltype(cublasLtMatmulDescCreate)* desc_create = nullptr;
  decltype(cublasLtMatmulDescDestroy)* desc_destroy = nullptr;
  decltype(cublasLtMatmulDescSetAttribute)* desc_set = nullptr;
  decltype(cublasLtMatrixLayoutCreate)* layout_create = nullptr;
  decltype(cublasLtMatrixLayoutDestroy)* layout_destroy = nullptr;
  decltype(cublasLtMatmulPreferenceCreate)* preference_create = nullptr;
  decltype(cublasLtMatmulPreferenceDestroy)* preference_destroy = nullptr;
  decltype(cublasLtMatmulPreferenceSetAttribute)* preference_set = nullptr;

  std::string version_text() const;
  /// The one place where a status becomes an Error{device}.
  void check(cublasStatus_t status, std::string_view call) const;
};

/// A descriptor that its own destroy function ends.
template <class Raw>
class Owned {
 public:
  Owned() = default;
  Owned(Raw raw, cublasStatus_t (*destroy)(Raw)) : raw_(raw, Destroy{destroy}) {}
  Raw get() const { return raw_.get(); }

 private:
  struct Destroy {
    cublasStatus_t (*destroy)(Raw) = nullptr;
    void operator()(Raw raw) const { destroy(raw); }
  };
  std::unique_ptr<std::remove_pointer_t<Raw>, Destroy> raw_;
};

}  // namespace lehr::cublaslt
