// matmul.h: the matrix product on a GPU by our own kernels. Included by kernels/cuda/ only.
#pragma once

#include <memory>

#include "kernels/cuda.h"
#include "kernels/matmul.h"

namespace lehr::ours_cuda {

/// variant: automatic or ours for the highest rung, or a rung by name.
std::unique_ptr<Matmul> make_matmul(Cuda& cuda, const MatmulSpec& spec);

}  // namespace lehr::ours_cuda
