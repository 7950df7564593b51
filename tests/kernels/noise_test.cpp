#include "kernels/noise.h"

#include "kernels/error.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("noise: every problem agrees with float64") { check::family("noise"); }

TEST_CASE("noise: impossible rates are refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(GaussianSpec{.count = 1, .stddev = -1}, cpu), Error);
  CHECK_THROWS_AS(make(SharedDropoutSpec{.rate = 1.5F}, cpu), Error);
}

}  // namespace lehr
