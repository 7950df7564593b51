#include "kernels/loss.h"

#include <algorithm>
#include <cmath>

#include "kernels/error.h"
#include "kernels/make.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

namespace {

struct Outcome {
  Guarded loss, gradient;
};

/// z, y: [rows, classes]; a sparse loss gets the largest y of a row as its label.
Outcome run(Backend& b, const LossSpec& s, const std::vector<double>& z, const std::vector<double>& y) {
  const bool sparse = s.kind == LossKind::sparse_categorical_crossentropy;
  std::vector<double> ids;
  for (auto row = y.begin(); row != y.end(); row += s.classes)
    ids.push_back(static_cast<double>(std::max_element(row, row + s.classes) - row));
  Guarded in(b, DType::f32, z.size()), labels(b, sparse ? DType::i32 : DType::f32, sparse ? ids.size() : y.size());
  in.assign(z), labels.assign(sparse ? ids : y);
  Outcome out{Guarded(b, DType::f32, ids.size()), Guarded(b, DType::f32, z.size())};
  make(s, b)->run(in, labels, {}, {}, out.loss, out.gradient, b.stream());
  return out;
}

}  // namespace

TEST_CASE("loss: every problem agrees with float64") { check::family("loss"); }

TEST_CASE("loss: Keras's float32 clipping of certain and impossible probabilities") {
  Cpu cpu(1);
  const auto of = [&](LossKind kind, const std::vector<double>& p, const std::vector<double>& y) {
    return run(cpu, {.kind = kind, .rows = 1, .classes = static_cast<std::int64_t>(p.size()), .from_logits = false}, p, y).loss.values()[0];
  };
  CHECK(of(LossKind::binary_crossentropy, {1}, {0}) == doctest::Approx(15.942385).epsilon(1e-6));
  CHECK(of(LossKind::binary_crossentropy, {0}, {1}) == doctest::Approx(16.118095).epsilon(1e-6));
  CHECK(of(LossKind::categorical_crossentropy, {0, 1}, {1, 0}) == doctest::Approx(16.118095).epsilon(1e-6));
  CHECK(of(LossKind::sparse_categorical_crossentropy, {0, 1}, {1, 0}) == doctest::Approx(16.118095).epsilon(1e-6));
  // Rows of probabilities that do not add up to one are normalized.
  CHECK(of(LossKind::sparse_categorical_crossentropy, {0.2, 0.2}, {1, 0}) == doctest::Approx(std::log(2)).epsilon(1e-6));
}

TEST_CASE("loss: logits far apart neither overflow nor lose the loss") {
  Cpu cpu(1);
  const auto out = run(cpu, {.rows = 2, .classes = 3}, {1e4, -1e4, 0, 1e4, 9999, 0}, {0, 1, 0, 0, 1, 0});
  CHECK(out.loss.values()[0] == 20000);
  CHECK(out.loss.values()[1] == doctest::Approx(1 + std::log1p(std::exp(-1.0))).epsilon(1e-6));
  CHECK(out.gradient.values()[0] == 1);
  CHECK(out.gradient.values()[1] == -1);
}

TEST_CASE("loss: a label outside the classes gives NaN in its row only") {
  Cpu cpu(1);
  Guarded z(cpu, DType::f32, 6), labels(cpu, DType::i32, 2), loss(cpu, DType::f32, 2), dz(cpu, DType::f32, 6);
  z.assign({1, 2, 3, 4, 5, 6}), labels.assign({3, 1});
  make(LossSpec{.rows = 2, .classes = 3}, cpu)->run(z, labels, {}, {}, loss, dz, cpu.stream());
  CHECK(std::isnan(loss.values()[0]));
  CHECK(std::isnan(dz.values()[2]));
  CHECK(std::isfinite(loss.values()[1]));
  CHECK(std::isfinite(dz.values()[3]));
  CHECK_THROWS_AS(make(LossSpec{.rows = 1, .classes = 2, .from_logits = false, .label_smoothing = 0.1F}, cpu), Error);
}
