#include "kernels/problems/matmul.h"

#include "kernels/problems/words.h"

namespace lehr {

MatmulSpec matmul_problem(const Problem& p) {
  return {.m = p.number("m", 1),
          .n = p.number("n", 1),
          .k = p.number("k", 1),
          .transpose_a = p.number("ta", 0) != 0,
          .transpose_b = p.number("tb", 0) != 0,
          .a = dtype_word(p, "a", DType::f32),
          .b = dtype_word(p, "b", DType::f32),
          .c = dtype_word(p, "c", DType::f32),
          .bias = p.number("bias", 0) != 0,
          .activation = activation_word(p),
          .variant = variant_word(p)};
}

}  // namespace lehr
