// lehr bench kernels on the device: every family's operations can be recorded and timed, with the device's roof beside them.
#include "kernels/bench.h"

#include <doctest/doctest.h>

#include "kernels/cuda/ours/rung.h"
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

TEST_CASE("bench: --precision reaches the operands of a family's lists, and not what a line says itself") {
  const BenchPrecision bf16{.dtype = DType::bf16}, tf32{.tf32 = true};
  CHECK(problem_in("matmul", Problem("m=16 n=16 k=16"), bf16).text() == "m=16 n=16 k=16 a=bfloat16 b=bfloat16 c=bfloat16");
  CHECK(problem_in("matmul", Problem("m=16 n=16 k=16 c=float32"), bf16).word("c", "") == "float32");
  CHECK(problem_in("conv2d", Problem("n=1 h=8 w=8 c=8 f=8 k=3"), bf16).word("dtype", "") == "bfloat16");
  CHECK(problem_in("conv2d", Problem("n=1 h=8 w=8 c=8 f=8 k=3"), tf32).number("tf32", 0) == 1);
  CHECK(problem_in("gather", Problem("rows=4 batch=2 elements=3"), bf16).word("to", "") == "bfloat16");
  CHECK(problem_in("fill", Problem("count=4"), bf16).text() == "count=4");
}

TEST_CASE("ladder: tensor cores only where the code for the GPU was made for them, whatever the GPU could do") {
  using ladder::Arithmetic;
  CHECK(ladder::rung_for(Variant::ours, Arithmetic::bf16, 90) == Variant::tensor);
  CHECK(ladder::rung_for(Variant::automatic, Arithmetic::tf32, 80) == Variant::tensor);
  CHECK(ladder::rung_for(Variant::ours, Arithmetic::bf16, 75) == Variant::registers);  // PTX for 75 on an A100
  CHECK(ladder::rung_for(Variant::tensor, Arithmetic::tf32, 75) == Variant::registers);
  CHECK(ladder::rung_for(Variant::tensor, Arithmetic::f32, 90) == Variant::registers);
  CHECK(ladder::rung_for(Variant::tiled, Arithmetic::bf16, 75) == Variant::tiled);
}

}  // namespace lehr::check
