// session.h: cuBLASLt opened; and the matrix product by it. Included by kernels/cuda/ only.
#pragma once

#include <memory>

#include "kernels/cuda.h"
#include "kernels/cuda/cublaslt/product.h"

namespace lehr::cublaslt {

struct Session {
  std::shared_ptr<const Api> api;
  std::shared_ptr<cublasLtContext> handle;
};

/// Throws Error{device} where cuBLASLt is absent or does not start.
std::unique_ptr<Session> open_session();

/// Empty where cuBLASLt does not do this product.
std::unique_ptr<Matmul> make_matmul(Cuda& cuda, const Session& session, const MatmulSpec& spec);
std::unique_ptr<FusedMatmul> make_matmul(const Session& session, const FusedMatmulSpec& spec);

}  // namespace lehr::cublaslt
