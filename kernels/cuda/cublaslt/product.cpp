#include "kernels/cuda/cublaslt/product.h"

#include <utility>

namespace lehr::cublaslt {
namespace {

cudaDataType_t type_of(DType dtype) { return dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

cublasLtEpilogue_t epilogue_of(bool bias, Activation activation) {
  if (activation == Activation::relu) return bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
  return bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
}

}  // namespace

bool fits(const MatmulSpec& s) { return s.a == s.b && s.k > 0 && s.m > 0 && s.n > 0 && !(s.a == DType::f32 && s.c == DType::bf16); }
bool fuses(Activation activation) { return activation == Activation::linear || activation == Activation::relu; }

Owned<cublasLtMatrixLayout_t> Product::layout(DType dtype, std::int64_t rows, std::int64_t columns) const {
  cublasLtMatrixLayout_t raw = nullptr;
  api_->check(api_->layout_create(&raw, type_of(dtype), static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), rows),
              "MatrixLayoutCreate");
  return {raw, api_->layout_destroy};
}

Product::Product(std::shared_ptr<const Api> api, const MatmulSpec& s) : api_(std::move(api)), bias_(s.bias) {
  const cublasComputeType_t compute = s.tf32 && s.a == DType::f32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  cublasLtMatmulDesc_t raw = nullptr;
  api_->check(api_->desc_create(&raw, compute, CUDA_R_32F), "MatmulDescCreate");
  desc_ = {raw, api_->desc_destroy};
  set(CUBLASLT_MATMUL_DESC_TRANSA, s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(s.bias, fuses(s.activation) ? s.activation : Activation::linear));
  a_ = s.transpose_b ? layout(s.b, s.k, s.n) : layout(s.b, s.n, s.k);
  b_ = s.transpose_a ? layout(s.a, s.m, s.k) : layout(s.a, s.k, s.m);
  c_ = layout(s.c, s.n, s.m);
}

std::optional<Product::Algorithm> Product::choose(cublasLtHandle_t handle, std::size_t workspace_limit) const {
  cublasLtMatmulPreference_t raw = nullptr;
  api_->check(api_->preference_create(&raw), "MatmulPreferenceCreate");
  const Owned<cublasLtMatmulPreference_t> preference(raw, api_->preference_destroy);
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
    api_->check(api_->preference_set(preference.get(), attribute, &value, sizeof value), "MatmulPreferenceSetAttribute");
  };
  constexpr std::uint32_t alignment = 16;  // of weights inside their flat arena; the library would assume 256
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(workspace_limit));
  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
         static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  for (const auto attribute : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    prefer(attribute, alignment);
  cublasLtMatmulHeuristicResult_t result = {};
  int found = 0;
  const cublasStatus_t status =
      api_->heuristic(handle, desc_.get(), a_.get(), b_.get(), c_.get(), c_.get(), preference.get(), 1, &result, &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || (status == CUBLAS_STATUS_SUCCESS && found == 0)) return std::nullopt;
  api_->check(status, "MatmulAlgoGetHeuristic");
  return Algorithm{.algorithm = result.algo, .workspace = result.workspaceSize};
}

void Product::run(cublasLtHandle_t handle, const Algorithm& algorithm, const void* a, const void* b, const void* bias, void* c,
                  void* workspace, std::size_t workspace_bytes, cudaStream_t stream) const {
  constexpr float one = 1, zero = 0;
  if (bias_) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  api_->check(api_->matmul(handle, desc_.get(), &one, b, a_.get(), a, b_.get(), &zero, c, c_.get(), c, c_.get(), &algorithm.algorithm,
                           workspace, workspace_bytes, stream),
              "Matmul");
}

}  // namespace lehr::cublaslt
