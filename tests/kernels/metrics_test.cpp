#include "kernels/metrics.h"

#include <limits>

#include "tests/check/element.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

namespace {

std::vector<double> hits(HitsSpec spec, const std::vector<double>& z, const std::vector<double>& labels) {
  const bool sparse = spec.kind == HitKind::sparse || spec.kind == HitKind::sparse_top_k;
  return check::same_for_all_threads("hits", [&](Backend& b) {
    Guarded in(b, spec.dtype, z.size()), y(b, sparse ? DType::i32 : DType::f32, labels.size());
    Guarded values(b, DType::f32, static_cast<std::size_t>(spec.rows));
    in.assign(z), y.assign(labels);
    make(spec, b)->run(in, y, values, b.stream());
    return values;
  });
}

}  // namespace

TEST_CASE("hits: ties go to the lowest index, top k counts strictly higher scores") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(hits({.rows = 3, .classes = 3}, {1, 2, 2, 0, 0, 0, 3, 1, 2}, {1, 1, 0}) == std::vector<double>{1, 0, 1});
  CHECK(hits({.kind = HitKind::categorical, .rows = 2, .classes = 2}, {1, 2, 2, 1}, {0, 1, 0.2, 0.8}) == std::vector<double>{1, 0});
  CHECK(hits({.kind = HitKind::binary, .rows = 3, .classes = 1}, {0.5, 0.6, 0.4}, {1, 1, 0}) == std::vector<double>{0, 1, 1});
  CHECK(hits({.kind = HitKind::binary, .rows = 1, .classes = 4}, {0.5, 0.6, 0.4, 0.9}, {1, 1, 0, 1}) == std::vector<double>{0.75});
  CHECK(hits({.kind = HitKind::binary, .rows = 2, .classes = 1, .threshold = 0}, {-0.1, 0.1}, {0, 1}) == std::vector<double>{1, 1});
  CHECK(hits({.kind = HitKind::sparse_top_k, .rows = 4, .classes = 4, .k = 2}, {4, 3, 2, 1, 4, 3, 3, 1, 4, 3, 2, 1, 1, inf, 0, 0},
             {1, 2, 2, 1}) == std::vector<double>{1, 1, 0, 0});
  CHECK(hits({.kind = HitKind::categorical_top_k, .rows = 1, .classes = 3, .k = 2}, {3, 2, 1}, {0, 1, 0}) == std::vector<double>{1});
  CHECK(hits({.rows = 2, .classes = 2}, {1, 2, 2, 1}, {2, -1}) == std::vector<double>{0, 0});  // labels outside are never right
}

TEST_CASE("metrics: every problem agrees with float64") { check::family("metrics"); }

TEST_CASE("accumulate: sums over batches, and stops at a sum that is not finite") {
  Cpu cpu(1);
  Guarded values(cpu, DType::f32, 3), extra(cpu, DType::f32, 1), sums(cpu, DType::f64, 2);
  StepCounters counters;
  values.assign({1, 2, 4}), extra.assign({0.5}), sums.assign({10, 7});
  const auto op = make(AccumulateSpec{.count = 3, .scale = 2, .stop_on_nan = true}, cpu);
  op->run(values, {}, {}, sums, &counters, cpu.stream());
  CHECK(sums.values() == std::vector<double>{24, 10});
  op->run(values, {}, extra, sums, &counters, cpu.stream());
  CHECK(sums.values() == std::vector<double>{39.5, 13});
  CHECK(counters.stop == 0);
  values.assign({1, std::nan(""), 4});
  op->run(values, {}, {}, sums, nullptr, cpu.stream());
  op->run(values, {}, {}, sums, &counters, cpu.stream());
  CHECK(counters.stop == 1);
  CHECK(sums.guards_intact());
}

TEST_CASE(
    "range test: fastai's smoothing over steps; a loss that is no number or four times the best stops, and nothing is written after") {
  Cpu cpu(1);
  const RangeTestSpec spec{.count = 1, .capacity = 5};
  const auto op = make(spec, cpu);
  const auto run = [&](const std::vector<double>& losses) {
    Guarded values(cpu, DType::f32, 1), trace(cpu, DType::f64, static_cast<std::size_t>(spec.elements()));
    trace.assign(std::vector<double>(static_cast<std::size_t>(spec.elements()), -1));
    StepCounters counters;
    for (const double loss : losses) {
      values.assign({loss});
      op->run(values, {}, trace, &counters, cpu.stream());
      if (counters.stop == 0) ++counters.cursor;  // as the step's last operation does
    }
    CHECK(trace.guards_intact());
    return std::pair{trace.values(), counters};
  };
  const auto [trace, counters] = run({2, 1, 4});
  CHECK(counters.stop == 0);
  CHECK(trace[3] == 2);
  CHECK(trace[4] == doctest::Approx(2));
  CHECK(trace[6] == doctest::Approx((0.98 * 0.02 * 2 + 0.02 * 1) / (1 - 0.98 * 0.98)));
  CHECK(trace[2] == doctest::Approx(trace[6]));  // the best so far
  CHECK(trace[9] == -1);
  const auto [stopped, at] = run({1, 100, 1, 1});
  CHECK(at.stop == 1);
  CHECK(at.cursor == 1);
  CHECK(stopped[5] == 100);
  CHECK(stopped[7] == -1);
  CHECK(run({1, std::nan("")}).second.stop == 1);
  CHECK(run({1, 1, 1, 1, 1, 1, 1}).second.stop == 0);
}
