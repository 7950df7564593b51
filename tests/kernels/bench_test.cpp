#include "kernels/bench.h"

#include "kernels/error.h"
#include "tests/check/op.h"

namespace lehr {

TEST_CASE("bench: a row for every pass, with numbers that fit together") {
  Cpu cpu(1);
  const Roofline roof = measure_roofline(cpu, 0.01);
  CHECK(roof.f32_flops > 1e8);
  CHECK(roof.bf16_flops >= roof.f32_flops);
  CHECK(roof.bytes > 1e8);
  const auto rows = bench_conv2d(cpu, Problem("n=1 h=8 w=8 c=8 f=16 k=3 pad=1"), roof, {.seconds = 0.001, .variants = {Variant::ours}});
  REQUIRE(rows.size() == 3);
  for (const BenchRow& row : rows) {
    CHECK(row.median_s >= row.fastest_s);
    CHECK(row.gflops == doctest::Approx(2.0 * 64 * 16 * 72 / row.median_s * 1e-9));
    CHECK(row.fraction_of_roof > 0);
  }
  CHECK(bench_matmul(cpu, Problem("m=4 n=5 k=6 variant=ours"), roof, {.seconds = 0.001}).size() == 1);
}

TEST_CASE("problems: words that make no sense are refused") {
  CHECK(Problem("n=3 h=4").number("h", 1) == 4);
  CHECK(Problem("n=3").number("h", 7) == 7);
  CHECK_THROWS_AS(Problem("n3"), Error);
  CHECK_THROWS_AS(Problem("n=3x").number("n", 1), Error);
  CHECK_THROWS_AS(read_problems("/nowhere/at/all"), Error);
  Cpu cpu(1);
  CHECK_THROWS_AS(bench_matmul(cpu, Problem("m=1 activation=gelu"), {}, {}), Error);
}

}  // namespace lehr
