// matmul.h: `m=32 n=320 k=784 ta=1 tb=0 a=bfloat16 b=bfloat16 c=float32 bias=1 activation=relu variant=ours` as a spec.
#pragma once

#include "kernels/matmul.h"
#include "kernels/problem.h"

namespace lehr {

MatmulSpec matmul_problem(const Problem& problem);

}  // namespace lehr
