// lehr bench kernels on the device: every family's operations can be recorded and timed, with the device's roof beside them.
#include "kernels/bench.h"

#include <doctest/doctest.h>

#include "kernels/problems/families.h"
#include "tests/device/device.h"

namespace lehr::check {

TEST_CASE("bench: a row for every pass of every family") {
  const auto on = device();
  Roof roof(*on, 1e-3);
  for (const Family& family : families()) {
    CAPTURE(family.name);
    for (const ProblemList& list : problem_lists()) {
      if (list.family != family.name || list.name != "small") continue;
      for (const BenchRow& row : bench_problem(*on, family.name, parse_problems(list.text).front(), roof, 0)) {
        CHECK(row.device == on->name());
        CHECK(row.median_s >= row.fastest_s);
        CHECK(row.roof_gb_s > 0);
        CHECK(row.fraction_of_roof >= 0);
      }
    }
  }
}

TEST_CASE("bench: the rungs of our ladder side by side, where the operands' type has them") {
  const auto on = device();
  const auto variants = [&](const char* problem) {
    std::string names;
    for (const Problem& p : problem_by_variants(*on, "matmul", Problem(problem)))
      if (p.word("variant", "") != "library") names += std::string(p.word("variant", "-")) + " ";
    return names;
  };
  CHECK(variants("m=16 n=16 k=16") == "naive tiled registers ");
  CHECK(variants("m=16 n=16 k=16 a=bfloat16 b=bfloat16 c=bfloat16") == "naive tiled registers tensor ");
  CHECK(variants("m=16 n=16 k=16 variant=tiled") == "tiled ");
  CHECK(problem_by_variants(*on, "pool2d", Problem("kind=max")).size() == 1);
}

}  // namespace lehr::check
