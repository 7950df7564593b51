// product.h: a row-major product as cuBLASLt, which counts columns first, sees it. Everything up to the choice of an algorithm works without
// a GPU.
//   row-major c[m,n] = op(a) op(b)      is      column-major c^T[n,m] = op(b)^T op(a)^T
// so its A is our b, its B is our a, and the bias, one number for each of its rows, is our bias[n].
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "kernels/cuda/cublaslt/api.h"
#include "kernels/matmul.h"

namespace lehr::cublaslt {

/// What cuBLASLt can take: operands of one type, a depth. relu is fused; other activations follow in a kernel of their own.
bool fits(const MatmulSpec& spec);
bool fuses(Activation activation);

class Product {
 public:
  Product(std::shared_ptr<const Api> api, const MatmulSpec& spec);

  /// The heuristic's best algorithm; empty where it has none. Split sums are reduced in float32, never in bfloat16.
  struct Algorithm {
    cublasLtMatmulAlgo_t algorithm = {};
    std::size_t workspace = 0;
  };
  std::optional<Algorithm> choose(cublasLtHandle_t handle, std::size_t workspace_limit) const;
  /// bias is of the type of c. Allocates nothing.
  void run(cublasLtHandle_t handle, const Algorithm& algorithm, const void* a, const void* b, const void* bias, void* c, void* workspace,
           std::size_t workspace_bytes, cudaStream_t stream) const;

 private:
  Owned<cublasLtMatrixLayout_t> layout(DType dtype, std::int64_t rows, std::int64_t columns) const;
  template <class T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) const {
    api_->check(api_->desc_set(desc_.get(), attribute, &value, sizeof value), "MatmulDescSetAttribute");
  }

  std::shared_ptr<const Api> api_;
  bool bias_;
  Owned<cublasLtMatmulDesc_t> desc_;
  Owned<cublasLtMatrixLayout_t> a_, b_, c_;  ///< cuBLASLt's A, B and C = D
};

}  // namespace lehr::cublaslt
