#include "kernels/bench.h"

#include <algorithm>

#include "kernels/error.h"
#include "kernels/problems/families.h"
#include "tests/check/op.h"

namespace lehr {

TEST_CASE("bench: a row for every pass, with numbers that fit together") {
  Cpu cpu(1);
  Roof roof(cpu, 0.002);
  const auto rows = bench_problem(cpu, "conv2d", Problem("n=1 h=8 w=8 c=8 f=16 k=3 pad=1 variant=ours"), roof, 0.001);
  REQUIRE(rows.size() == 3);
  for (const BenchRow& row : rows) {
    CHECK(row.family == "conv2d");
    CHECK(row.variant == "ours");
    CHECK(row.device == cpu.name());
    CHECK(row.median_s >= row.fastest_s);
    CHECK(row.gflops == doctest::Approx(2.0 * 64 * 16 * 72 / row.median_s * 1e-9));
    CHECK(row.gb_s > 0);
    CHECK(row.fraction_of_roof == doctest::Approx(std::max(row.gflops / row.roof_gflops, row.gb_s / row.roof_gb_s)));
  }
  CHECK(rows[1].problem == "n=1 h=8 w=8 c=8 f=16 k=3 pad=1 variant=ours pass=d_input");
  const auto one = bench_problem(cpu, "conv2d", Problem(rows[1].problem), roof, 0.001);
  REQUIRE(one.size() == 1);
  CHECK(one[0].problem == rows[1].problem);
}

TEST_CASE("bench: every family has problems for correctness and for speed, of its own keys") {
  for (const check::Family& family : check::families()) {
    CAPTURE(family.name);
    int timed = 0, checked = 0;
    for (const ProblemList& list : problem_lists()) {
      if (list.family != family.name) continue;
      for (const Problem& problem : parse_problems(list.text)) {
        CHECK_NOTHROW(problem.allow_only(family.keys));
        ++(list.timed() ? timed : checked);
      }
    }
    CHECK(timed > 0);
    CHECK(checked > 0);
  }
  for (const ProblemList& list : problem_lists()) CHECK_NOTHROW(check::family_of(list.family));
}

TEST_CASE("roof: what fits a cache has the cache's bandwidth, and bfloat16 is no slower than float32") {
  Cpu cpu(1);
  Roof roof(cpu, 0.005);
  CHECK(roof.flops(DType::f32) > 1e8);
  CHECK(roof.flops(DType::bf16) >= roof.flops(DType::f32));
  CHECK(roof.bandwidth(1 << 18) > 1e8);
  CHECK(roof.bandwidth(200'000) == roof.bandwidth(1 << 18));
}

TEST_CASE("problems: words that make no sense are refused") {
  CHECK(Problem("n=3 h=4").number("h", 1) == 4);
  CHECK(Problem("n=3").number("h", 7) == 7);
  CHECK(Problem("rate=0.25").real("rate", 0) == 0.25);
  CHECK(Problem("n=3").with("h=4 w=5").number("w", 0) == 5);
  CHECK_THROWS_AS(Problem("n3"), Error);
  CHECK_THROWS_AS(Problem("n=3x").number("n", 1), Error);
  CHECK_THROWS_AS(Problem("n=x").real("n", 1), Error);
  Cpu cpu(1);
  CHECK_THROWS_AS(check::make_case(check::family_of("matmul"), Problem("m=1 activation=gelu"), cpu), Error);
  CHECK_THROWS_AS(check::make_case(check::family_of("matmul"), Problem("m=1 kk=3"), cpu), Error);
  CHECK_THROWS_AS(check::make_case(check::family_of("pool2d"), Problem("kind=median"), cpu), Error);
  CHECK_THROWS_AS(check::family_of("pool3d"), Error);
}

TEST_CASE("bench: the measured peak is more than a loop over memory reaches") {
  Cpu cpu(1);
  const Roofline roof = measure_roofline(cpu, 0.02, 1 << 16);
  CHECK(roof.bf16_flops >= roof.f32_flops);
  Roof rows(cpu, 0.02);
  const auto row = bench_problem(cpu, "elementwise", Problem("kind=add count=4096 inputs=2"), rows, 0.01).at(0);
  CHECK(roof.f32_flops > row.gflops * 1e9);
  CHECK(roof.bytes > 0);
}

}  // namespace lehr
