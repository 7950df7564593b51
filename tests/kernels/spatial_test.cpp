#include "kernels/spatial.h"

#include "kernels/error.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("spatial: every problem agrees with float64") { check::family("spatial"); }

TEST_CASE("spatial: what makes no sense is refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(Place2dSpec{.out_height = 0}, cpu), Error);
  CHECK_THROWS_AS(make(Resize2dSpec{.out_width = 0}, cpu), Error);
  CHECK_THROWS_AS(make(PermuteSpec{.rank = 2, .extents = {2, 2}, .order = {0, 0}}, cpu), Error);
  CHECK_THROWS_AS(make(PermuteSpec{.rank = 2, .extents = {2, 2}, .order = {0, 2}}, cpu), Error);
  CHECK_THROWS_AS(make(PermuteSpec{}, cpu), Error);
}

}  // namespace lehr
