// product.h: a row-major product as cuBLASLt, which counts columns first, sees it. Everything up to the choice of an algorithm works without
// a GPU.
//   row-major c[m,n] = op(a) op(b)      is      column-major c^T[n,m] = op(b)^T op(a)^T
// so its A is our b, its B is our a, and the bias, one number for each of its rows, is our bias[n]. What its epilogue does beside:
//   bias, relu           BIAS, RELU, RELU_BIAS
//   mask=writes          RELU_AUX, RELU_AUX_BIAS: a bit an element of D, columns 128 bits apart or a multiple of it
//   mask=applies         DRELU
//   sums                 BGRADA: sums over k of its A, our b, one for each row of D
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "kernels/cuda/cublaslt/api.h"
#include "kernels/fused_matmul.h"

namespace lehr::cublaslt {

/// What cuBLASLt can take: operands of one type, a depth. relu is fused; other activations follow in a kernel of their own.
bool fits(const MatmulSpec& spec);
bool fuses(Activation activation);

class Product {
 public:
  Product(std::shared_ptr<const Api> api, const FusedMatmulSpec& spec);

  /// The heuristic's best algorithm; empty where it has none. Split sums are reduced in float32, never in bfloat16.
  struct Algorithm {
    cublasLtMatmulAlgo_t algorithm = {};
    std::size_t workspace = 0;
  };
  std::optional<Algorithm> choose(cublasLtHandle_t handle, std::size_t workspace_limit) const;
  /// Bias and sums are of the type of c. Allocates nothing.
  void run(cublasLtHandle_t handle, const Algorithm& algorithm, const FusedMatmulViews& views, void* workspace, cudaStream_t stream) const;

  std::size_t mask_bytes() const { return mask_bytes_; }
  std::string implementation() const { return "cuBLASLt " + api_->version_text(); }

 private:
  Owned<cublasLtMatrixLayout_t> layout(DType dtype, std::int64_t rows, std::int64_t columns) const;
  template <class T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) const {
    api_->check(api_->desc_set(desc_.get(), attribute, &value, sizeof value), "MatmulDescSetAttribute");
  }

  std::shared_ptr<const Api> api_;
  Owned<cublasLtMatmulDesc_t> desc_;
  Owned<cublasLtMatrixLayout_t> a_, b_, c_;  ///< cuBLASLt's A, B and C = D
  std::size_t mask_bytes_ = 0;
};

}  // namespace lehr::cublaslt
