#include "kernels/cuda/cublaslt/product.h"

#include <utility>

namespace lehr::cublaslt {
namespace {

/// Bytes that every operand is aligned to: weights inside their flat arena are. The library would assume 256.
constexpr std::uintptr_t alignment = 16;

cudaDataType_t type_of(DType dtype) { return dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

cublasLtEpilogue_t epilogue_of(const FusedMatmulSpec& s) {
  const bool bias = s.product.bias;
  if (s.sums) return CUBLASLT_EPILOGUE_BGRADA;
  if (s.mask == ReluMask::applies) return CUBLASLT_EPILOGUE_DRELU;
  if (s.mask == ReluMask::writes) return bias ? CUBLASLT_EPILOGUE_RELU_AUX_BIAS : CUBLASLT_EPILOGUE_RELU_AUX;
  if (s.product.activation == Activation::relu) return bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
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

Product::Product(std::shared_ptr<const Api> api, const FusedMatmulSpec& fused) : api_(std::move(api)) {
  const MatmulSpec& s = fused.product;
  const cublasComputeType_t compute = s.tf32 && s.a == DType::f32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  cublasLtMatmulDesc_t raw = nullptr;
  api_->check(api_->desc_create(&raw, compute, CUDA_R_32F), "MatmulDescCreate");
  desc_ = {raw, api_->desc_destroy};
  set(CUBLASLT_MATMUL_DESC_TRANSA, s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(fused));
  // The heuristic does not follow pointers, but takes their alignment from them.
  const auto* somewhere = reinterpret_cast<const void*>(alignment);  // NOLINT(performance-no-int-to-ptr)
  if (s.bias || fused.sums) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, somewhere);
  if (fused.mask != ReluMask::none) {
    const std::int64_t bits = (s.n + 127) / 128 * 128;
    mask_bytes_ = static_cast<std::size_t>(bits / 8 * s.m);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, somewhere);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, bits);
  }
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
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(workspace_limit));
  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
         static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  for (const auto attribute : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    prefer(attribute, static_cast<std::uint32_t>(alignment));
  cublasLtMatmulHeuristicResult_t result = {};
  int found = 0;
  const cublasStatus_t status =
      api_->heuristic(handle, desc_.get(), a_.get(), b_.get(), c_.get(), c_.get(), preference.get(), 1, &result, &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || (status == CUBLAS_STATUS_SUCCESS && found == 0)) return std::nullopt;
  api_->check(status, "MatmulAlgoGetHeuristic");
  return Algorithm{.algorithm = result.algo, .workspace = result.workspaceSize};
}

void Product::run(cublasLtHandle_t handle, const Algorithm& algorithm, const FusedMatmulViews& v, void* workspace,
                  cudaStream_t stream) const {
  constexpr float one = 1, zero = 0;
  if (v.bias.data != nullptr) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, v.bias.data);
  if (v.sums.data != nullptr) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, v.sums.data);
  if (v.mask.data != nullptr) set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, v.mask.data);
  api_->check(api_->matmul(handle, desc_.get(), &one, v.b.data, a_.get(), v.a.data, b_.get(), &zero, v.c.data, c_.get(), v.c.data, c_.get(),
                           &algorithm.algorithm, workspace, algorithm.workspace, stream),
              "Matmul");
}

}  // namespace lehr::cublaslt
