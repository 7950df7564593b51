#include "kernels/matmul.h"

#include "kernels/error.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("matmul: every variant agrees with float64") { check::family("matmul"); }

TEST_CASE("matmul: problems that make no sense are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(MatmulSpec{.m = -1, .n = 2, .k = 3}, cpu), Error);
  CHECK_THROWS_AS(make(MatmulSpec{.m = 1, .n = 2, .k = 3, .a = DType::u8}, cpu), Error);
  CHECK_THROWS_AS(make(MatmulSpec{.m = 1, .n = 2, .k = 3, .activation = Activation::gelu}, cpu), Error);
}

}  // namespace lehr
