// Chooses who multiplies on a GPU: cuBLASLt where it is at hand and takes the product, else our own kernels.
#include "kernels/matmul.h"

#include "kernels/cuda/libraries.h"
#include "kernels/cuda/ours/matmul.h"
#include "kernels/error.h"
#include "kernels/fused_matmul.h"
#ifdef LEHR_WITH_CUBLASLT
#include "kernels/cuda/cublaslt/session.h"
#endif

namespace lehr {
namespace {

#ifdef LEHR_WITH_CUBLASLT
const cublaslt::Session* cublaslt_of(const Cuda& cuda) {
  const CudaLibraries* libraries = cuda.libraries();
  return libraries == nullptr ? nullptr : libraries->cublaslt.get();
}
std::unique_ptr<Matmul> by_cublaslt(Cuda& cuda, const MatmulSpec& spec) {
  const auto* session = cublaslt_of(cuda);
  return session == nullptr ? nullptr : cublaslt::make_matmul(cuda, *session, spec);
}
std::unique_ptr<FusedMatmul> by_cublaslt(Cuda& cuda, const FusedMatmulSpec& spec) {
  const auto* session = cublaslt_of(cuda);
  return session == nullptr ? nullptr : cublaslt::make_matmul(*session, spec);
}
#else
std::unique_ptr<Matmul> by_cublaslt(Cuda&, const MatmulSpec&) { return nullptr; }
std::unique_ptr<FusedMatmul> by_cublaslt(Cuda&, const FusedMatmulSpec&) { return nullptr; }
#endif

}  // namespace

std::unique_ptr<Matmul> make_on(Cuda& cuda, const MatmulSpec& spec) {
  verify(spec);
  if (spec.variant == Variant::automatic || spec.variant == Variant::library) {
    if (auto made = by_cublaslt(cuda, spec)) return made;
    if (spec.variant == Variant::library)
      throw Error({.category = Category::device,
                   .where = "matmul",
                   .what = "cuBLASLt is not at hand, or does not do this product",
                   .got = problem_line(spec)});
  }
  return ours_cuda::make_matmul(cuda, spec);
}

std::unique_ptr<FusedMatmul> make_on(Cuda& cuda, const FusedMatmulSpec& spec) {
  verify(spec);
  const Variant variant = spec.product.variant;
  return variant == Variant::automatic || variant == Variant::library ? by_cublaslt(cuda, spec) : nullptr;
}

}  // namespace lehr
