#include "kernels/elementwise.h"

#include "kernels/error.h"
#include "tests/check/element.h"

using namespace lehr;
using check::Guarded;

TEST_CASE("add: two, three and five tensors, in place too") {
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const std::size_t inputs : {2, 3, 5})
      for (const std::size_t n : {1, 33, 40001}) {
        std::vector<double> want(n);
        const auto run = [&](Backend& b, bool in_place) {
          std::vector<check::Input> x;
          std::vector<ConstView> views;
          for (std::size_t i = 0; i < inputs; ++i) x.push_back(check::random_input(b, dtype, n, static_cast<std::uint32_t>(i)));
          for (const auto& in : x) views.push_back(in.buffer);
          std::fill(want.begin(), want.end(), 0.0);
          for (const auto& in : x)
            for (std::size_t i = 0; i < n; ++i) want[i] += in.values[i];
          Guarded y(b, dtype, n);
          make(AddSpec{.count = static_cast<std::int64_t>(n), .dtype = dtype}, b)
              ->run(views, in_place ? x[0].buffer.view() : y.view(), b.stream());
          return in_place ? std::move(x[0].buffer) : std::move(y);
        };
        const auto y = check::same_for_all_threads("add", [&](Backend& b) { return run(b, false); });
        check::agree("add", y, want, {dtype == DType::bf16 ? 0.00391 : 1e-6, 1e-6});
        Cpu cpu(2);
        CHECK(run(cpu, true).values() == y);
      }
}

TEST_CASE("concatenate and split are inverse") {
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const std::size_t rows : {1, 33, 900}) {
      const std::vector<std::int64_t> channels{3, 1, 62};
      const ConcatenateSpec spec{.rows = static_cast<std::int64_t>(rows), .channels = channels, .dtype = dtype};
      std::vector<double> want(rows * 66);
      const auto y = check::same_for_all_threads("concatenate", [&](Backend& b) {
        std::vector<check::Input> x;
        std::vector<ConstView> views;
        for (const auto c : channels)
          x.push_back(check::random_input(b, dtype, rows * static_cast<std::size_t>(c), static_cast<std::uint32_t>(c)));
        for (const auto& in : x) views.push_back(in.buffer);
        std::size_t offset = 0;
        for (std::size_t i = 0; i < 3; ++i) {
          const auto c = static_cast<std::size_t>(channels[i]);
          for (std::size_t k = 0; k < rows * c; ++k) want[k / c * 66 + offset + k % c] = x[i].values[k];
          offset += c;
        }
        Guarded joined(b, dtype, rows * 66);
        const auto op = make(spec, b);
        op->run(views, joined, b.stream());
        Guarded first(b, dtype, rows * 3), last(b, dtype, rows * 62);
        const std::vector<View> parts{first, {}, last};
        op->split(joined, parts, b.stream());
        CHECK(first.bytes() == x[0].buffer.bytes());
        CHECK(last.bytes() == x[2].buffer.bytes());
        CHECK((first.guards_intact() && last.guards_intact()));
        return joined;
      });
      CHECK(y == want);
    }
}

TEST_CASE("scale and offset, for all channels or each") {
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const std::int64_t channels : {1, 3, 62})
      for (const bool each : {false, true})
        for (const std::int64_t rows : {1, 700}) {
          ScaleOffsetSpec spec{.rows = rows, .channels = channels, .scale = {}, .offset = {}, .dtype = dtype};
          for (std::int64_t c = 0; c < (each ? channels : 1); ++c) {
            spec.scale.push_back(0.5F + 0.125F * static_cast<float>(c));
            spec.offset.push_back(static_cast<float>(c) - 2);
          }
          const auto n = static_cast<std::size_t>(rows * channels);
          std::vector<double> want(n);
          const auto run = [&](Backend& b, bool in_place) {
            auto x = check::random_input(b, dtype, n, 4);
            Guarded y(b, dtype, n);
            for (std::size_t i = 0; i < n; ++i) {
              const std::size_t c = each ? i % static_cast<std::size_t>(channels) : 0;
              want[i] = x.values[i] * static_cast<double>(spec.scale[c]) + static_cast<double>(spec.offset[c]);
            }
            make(spec, b)->run(x.buffer, in_place ? x.buffer.view() : y.view(), b.stream());
            return in_place ? std::move(x.buffer) : std::move(y);
          };
          const auto y = check::same_for_all_threads("scale", [&](Backend& b) { return run(b, false); });
          check::agree("scale", y, want, {dtype == DType::bf16 ? 0.00391 : 1e-6, 1e-6});
          Cpu cpu(1);
          CHECK(run(cpu, true).values() == y);
        }
  Cpu cpu(1);
  CHECK_THROWS_AS(make(ScaleOffsetSpec{.rows = 1, .channels = 3, .scale = {1, 2}, .offset = {}}, cpu), Error);
}

TEST_CASE("cast rounds to nearest even, keeps NaN and infinities") {
  const auto cast = [](DType from, DType to, const std::vector<double>& values) {
    return check::same_for_all_threads("cast", [&](Backend& b) {
      Guarded x(b, from, values.size()), y(b, to, values.size());
      x.assign(values);
      make(CastSpec{.count = static_cast<std::int64_t>(values.size()), .from = from, .to = to}, b)->run(x, y, b.stream());
      return y;
    });
  };
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> exact{0, 1, -2.5, 255, inf, -inf};
  CHECK(cast(DType::f32, DType::bf16, exact) == exact);
  CHECK(cast(DType::bf16, DType::f32, exact) == exact);
  CHECK(cast(DType::f32, DType::bf16, {1.00390625, 1.01171875, 1.0039072}) == std::vector<double>{1, 1.015625, 1.0078125});
  CHECK(std::isnan(cast(DType::f32, DType::bf16, {std::nan("")})[0]));
  CHECK(cast(DType::u8, DType::f32, {0, 7, 255}) == std::vector<double>{0, 7, 255});
  CHECK(cast(DType::u8, DType::bf16, {0, 7, 255}) == std::vector<double>{0, 7, 255});
  CHECK(cast(DType::f64, DType::f32, {0.1, 1e300})[0] == static_cast<double>(0.1F));
  const auto x = check::uniform(50001, 8);
  check::agree("cast", cast(DType::f32, DType::bf16, x), x, {0.00391, 0});
  Cpu cpu(1);
  CHECK_THROWS_AS(make(CastSpec{.count = 1, .from = DType::f32, .to = DType::i32}, cpu), Error);
}
