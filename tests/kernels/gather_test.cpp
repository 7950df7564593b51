#include "kernels/gather.h"

#include <numeric>

#include "kernels/error.h"
#include "tests/check/element.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

namespace {

Guarded gather(Backend& backend, const GatherSpec& spec, const std::vector<double>& x, const std::vector<double>& order,
               std::int64_t sample) {
  Guarded rows(backend, spec.from, x.size()), permutation(backend, DType::i32, order.size());
  rows.assign(x);
  if (!order.empty()) permutation.assign(order);
  Guarded y(backend, spec.to, static_cast<std::size_t>(spec.batch * spec.elements));
  StepCounters counters{.sample = sample};
  make(spec, backend)->run(rows, permutation, &counters, y, backend.stream());
  return y;
}

}  // namespace

TEST_CASE("gather: every byte becomes float32(double(v) / 255)") {
  std::vector<double> x(256);
  std::iota(x.begin(), x.end(), 0);
  Cpu cpu(1);
  const auto y = gather(cpu, {.batch = 1, .elements = 256, .scale = {1.0 / 255}}, x, {}, 0).values();
  for (std::size_t v = 0; v < 256; ++v) CHECK(y[v] == static_cast<double>(static_cast<float>(static_cast<double>(v) / 255)));
}

TEST_CASE("gather: every problem agrees with float64") { check::family("gather"); }

TEST_CASE("gather: numbers that are none come through, and float64 is rounded once") {
  Cpu cpu(1);
  const double inf = std::numeric_limits<double>::infinity();
  for (const DType from : {DType::f32, DType::f64})
    for (const DType to : {DType::f32, DType::bf16}) {
      const auto y = gather(cpu, {.batch = 1, .elements = 4, .from = from, .to = to, .scale = {2}, .offset = {1}},
                            {inf, -inf, std::nan(""), -0.0}, {}, 0)
                         .values();
      CHECK(y[0] == inf);
      CHECK(y[1] == -inf);
      CHECK(std::isnan(y[2]));
      CHECK(y[3] == 1);
    }
  // Rounded to float32 first, 1 + 2^-24 + 2^-40 would lose what makes its product round up.
  const double fine = 1 + std::ldexp(1.0, -24) + std::ldexp(1.0, -40);
  CHECK(gather(cpu, {.batch = 1, .elements = 1, .from = DType::f64, .scale = {1}}, {fine}, {}, 0).values()[0] == 1 + std::ldexp(1.0, -23));
}

TEST_CASE("gather: without scale and offset rows are copied in their own type") {
  Cpu cpu(2);
  const std::vector<double> labels{10, 11, 12, 13, 14};
  const GatherSpec two{.batch = 2, .elements = 1, .from = DType::i32, .to = DType::i32};
  CHECK(gather(cpu, two, labels, {}, 3).values() == std::vector<double>{13, 14});
  CHECK(gather(cpu, two, labels, {2, 0, 4}, 1).values() == std::vector<double>{10, 14});
  const GatherSpec reversed{.batch = 1, .elements = 6, .channels = 3, .from = DType::u8, .to = DType::u8, .bgr = true};
  CHECK(gather(cpu, reversed, {1, 2, 3, 4, 5, 6}, {}, 0).values() == std::vector<double>{3, 2, 1, 6, 5, 4});
}

TEST_CASE("gather: a scale for each of two channels does not fit three") {
  Cpu cpu(1);
  CHECK_THROWS_AS(make(GatherSpec{.batch = 1, .elements = 6, .channels = 3, .scale = {1, 2}}, cpu), Error);
}
