#include <array>
#include <numeric>

#include "kernels/dropout.h"
#include "kernels/error.h"
#include "kernels/fill.h"
#include "tests/check/family.h"

namespace lehr {

TEST_CASE("Philox4x32-10: the published vectors") {
  // Random123, tests/kat_vectors: counter, key, result.
  struct Vector {
    std::array<std::uint32_t, 4> counter;
    std::array<std::uint32_t, 2> key;
    std::array<std::uint32_t, 4> result;
  };
  constexpr std::uint32_t ones = 0xffffffff;
  const Vector vectors[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{ones, ones, ones, ones}, {ones, ones}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const Vector& v : vectors) {
    const Philox4 got = philox4x32_10(v.counter[0], v.counter[1], v.counter[2], v.counter[3], v.key[0], v.key[1]);
    CHECK(std::to_array(got.v) == v.result);
  }
}

TEST_CASE("fill: every problem agrees with float64") { check::family("fill"); }

TEST_CASE("dropout: every problem agrees with float64") { check::family("dropout"); }

namespace {

struct Sample {
  double mean = 0, deviation = 0, lowest = 0, highest = 0;
};
Sample sample_of(const FillSpec& spec) {
  Cpu cpu(2);
  const check::Guarded y(cpu, DType::f32, static_cast<std::size_t>(spec.count));
  make(spec, cpu)->run(y, cpu.stream());
  const auto v = y.values();
  const auto n = static_cast<double>(v.size());
  Sample s{.mean = std::accumulate(v.begin(), v.end(), 0.0) / n,
           .lowest = *std::ranges::min_element(v),
           .highest = *std::ranges::max_element(v)};
  for (const double x : v) s.deviation += (x - s.mean) * (x - s.mean) / n;
  s.deviation = std::sqrt(s.deviation);
  return s;
}

}  // namespace

TEST_CASE("fill: means, deviations and limits are those of the distributions") {
  constexpr std::int64_t n = 100'000;
  // Five standard errors of a mean, and of a deviation.
  const auto near = [](double got, double want, double deviation) { return std::abs(got - want) < 5 * deviation / std::sqrt(double{n}); };
  const Sample uniform = sample_of({.count = n, .distribution = Distribution::uniform, .a = 2, .b = 5});
  CHECK(near(uniform.mean, 3.5, std::sqrt(0.75)));
  CHECK(near(uniform.deviation, std::sqrt(0.75), std::sqrt(0.75)));
  CHECK(uniform.lowest >= 2);
  CHECK(uniform.highest <= 5);
  const Sample normal = sample_of({.count = n, .distribution = Distribution::normal, .a = -1, .b = 0.5});
  CHECK(near(normal.mean, -1, 0.5));
  CHECK(near(normal.deviation, 0.5, 0.5));
  CHECK(normal.lowest < -1 - 3 * 0.5);
  CHECK(normal.highest > -1 + 3 * 0.5);
  const Sample cut = sample_of({.count = n, .distribution = Distribution::truncated_normal, .a = 1, .b = 0.5});
  CHECK(near(cut.mean, 1, 0.44));
  CHECK(near(cut.deviation, 0.5 * 0.87962566103423978, 0.44));
  CHECK(cut.lowest >= 0);
  CHECK(cut.highest <= 2);
}

TEST_CASE("dropout: another step, stream or seed is another mask; the share kept is 1 - rate") {
  constexpr std::int64_t n = 100'000;
  Cpu cpu(2);
  check::Guarded x(cpu, DType::f32, n);
  x.assign(std::vector<double>(n, 1));
  const auto mask = [&](RandomKey key, std::int64_t step) {
    const check::Guarded y(cpu, DType::f32, n);
    const StepCounters counters{.step = step};
    make(DropoutSpec{.count = n, .rate = 0.3F, .key = key}, cpu)->run(x, &counters, y, cpu.stream());
    return y.values();
  };
  const auto first = mask({.seed = 1, .stream = 2}, 3);
  const auto kept = static_cast<double>(std::ranges::count_if(first, [](double v) { return v != 0; }));
  CHECK(std::abs(kept / n - 0.7) < 5 * std::sqrt(0.3 * 0.7 / n));
  for (const auto& other : {mask({.seed = 1, .stream = 2}, 4), mask({.seed = 1, .stream = 3}, 3), mask({.seed = 2, .stream = 2}, 3)}) {
    // Independent masks agree in 0.7^2 + 0.3^2 of the places.
    double same = 0;
    for (std::size_t i = 0; i < first.size(); ++i) same += first[i] == other[i] ? 1 : 0;
    CHECK(std::abs(same / n - 0.58) < 5 * std::sqrt(0.58 * 0.42 / n));
  }
}

TEST_CASE("dropout: a rate that is no share is refused") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(DropoutSpec{.count = 1, .rate = 1.5F}, cpu), Error);
  CHECK_THROWS_AS(make(DropoutSpec{.count = 1, .rate = std::numeric_limits<float>::quiet_NaN()}, cpu), Error);
  CHECK_THROWS_AS(make(DropoutSpec{.count = 1, .dtype = DType::i32}, cpu), Error);
}

}  // namespace lehr
