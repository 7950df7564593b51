#include "kernels/elementwise.h"

#include "kernels/error.h"
#include "tests/check/element.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

TEST_CASE("elementwise: every problem agrees with float64") { check::family("elementwise"); }

TEST_CASE("scale: two scales do not fit three channels") {
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
  Cpu cpu(1);
  CHECK_THROWS_AS(make(CastSpec{.count = 1, .from = DType::f32, .to = DType::i32}, cpu), Error);
}
