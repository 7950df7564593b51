#include "kernels/gather.h"

#include <numeric>

#include "kernels/error.h"
#include "tests/check/element.h"

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

TEST_CASE("gather: rows, channels, offsets and order") {
  for (const DType to : {DType::f32, DType::bf16})
    for (const DType from : {DType::u8, DType::f32})
      for (const std::int64_t channels : {1, 3, 4})
        for (const bool bgr : {false, true})
          for (const std::int64_t pixels : {1, 33, 6000}) {
            const std::int64_t rows = 9, elements = pixels * channels;
            auto x = check::uniform(static_cast<std::size_t>(rows * elements), 1, 0, 256);
            for (double& v : x) v = std::floor(v);
            const std::vector<double> order{4, 4, 0, 8, 3, 1, 7};
            GatherSpec spec{.batch = 5, .elements = elements, .channels = channels, .from = from, .to = to, .bgr = bgr};
            for (std::int64_t c = 0; c < channels; ++c) {
              spec.scale.push_back(0.5 + 0.25 * static_cast<double>(c));
              spec.offset.push_back(-103.939 + static_cast<double>(c));
            }
            std::vector<double> want;
            for (std::int64_t i = 0; i < 5; ++i)
              for (std::int64_t e = 0; e < elements; ++e) {
                const auto c = static_cast<std::size_t>(e % channels);
                const std::int64_t source = bgr ? e - e % channels + channels - 1 - e % channels : e;
                const auto row = static_cast<std::int64_t>(order[static_cast<std::size_t>(i + 2)]);
                want.push_back(x[static_cast<std::size_t>(row * elements + source)] * spec.scale[c] + spec.offset[c]);
              }
            const auto y = check::same_for_all_threads("gather", [&](Backend& b) { return gather(b, spec, x, order, 2); });
            check::agree("gather", y, want, {.relative = to == DType::bf16 ? 0.00391 : 6e-8});
          }
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
