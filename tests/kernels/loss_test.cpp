#include "kernels/loss.h"

#include "kernels/error.h"
#include "kernels/reference/loss.h"
#include "tests/check/element.h"

using namespace lehr;
using check::Guarded;

namespace {

struct Case {
  LossSpec spec;
  std::vector<double> z = {}, y = {};                           // y: [rows, classes]
  std::vector<double> sample_weights = {}, class_weights = {};  // may be empty
};
struct Outcome {
  Guarded loss, gradient;
};

bool sparse(const LossSpec& s) { return s.kind == LossKind::sparse_categorical_crossentropy; }

std::int64_t class_of(const Case& c, std::int64_t row) {
  const auto begin = c.y.begin() + row * c.spec.classes;
  if (c.spec.classes == 1 && !sparse(c.spec)) return std::lround(*begin);
  return std::max_element(begin, begin + c.spec.classes) - begin;
}

Outcome run(Backend& b, const Case& c, bool in_place = false, bool gradient = true) {
  const LossSpec& s = c.spec;
  const auto n = static_cast<std::size_t>(s.rows * s.classes), rows = static_cast<std::size_t>(s.rows);
  Guarded z(b, s.dtype, n), labels(b, sparse(s) ? DType::i32 : DType::f32, sparse(s) ? rows : n);
  Guarded weights(b, DType::f32, c.sample_weights.size()), of_class(b, DType::f32, c.class_weights.size());
  Outcome out{Guarded(b, DType::f32, rows), Guarded(b, s.dtype, n)};
  z.assign(c.z);
  if (in_place) out.gradient.assign(c.z);
  std::vector<double> indices;
  for (std::int64_t r = 0; r < s.rows; ++r) indices.push_back(static_cast<double>(class_of(c, r)));
  labels.assign(sparse(s) ? indices : c.y);
  if (weights.count() != 0) weights.assign(c.sample_weights);
  if (of_class.count() != 0) of_class.assign(c.class_weights);
  make(s, b)->run(in_place ? out.gradient : z, labels, weights, of_class, out.loss, gradient ? out.gradient.view() : View{}, b.stream());
  return out;
}

double weight(const Case& c, std::int64_t row) {
  double w = c.sample_weights.empty() ? 1 : c.sample_weights[static_cast<std::size_t>(row)];
  if (!c.class_weights.empty()) w *= c.class_weights[static_cast<std::size_t>(class_of(c, row))];
  return w;
}

std::vector<double> reference_losses(const Case& c, const std::vector<double>& z) {
  std::vector<double> out;
  for (std::int64_t r = 0; r < c.spec.rows; ++r) {
    const auto row = [&](const std::vector<double>& v) {
      return std::vector<double>(v.begin() + r * c.spec.classes, v.begin() + (r + 1) * c.spec.classes);
    };
    out.push_back(weight(c, r) * reference::loss(c.spec, row(z), row(c.y)));
  }
  return out;
}

Case make_case(LossSpec spec, std::int64_t rows, std::int64_t classes, bool weighted) {
  spec.rows = rows, spec.classes = classes;
  spec.sample_weights = spec.class_weights = weighted;
  spec.gradient_scale = 1 / static_cast<float>(rows);
  const auto n = static_cast<std::size_t>(rows * classes);
  Case c{.spec = spec};
  const bool probabilities = !spec.from_logits;
  Cpu cpu(1);
  c.z = Guarded(cpu, spec.dtype, n).assign(check::uniform(n, 21, probabilities ? 0.05 : -3, probabilities ? 0.95 : 3));
  const bool one_hot = spec.kind == LossKind::categorical_crossentropy || sparse(spec);
  const auto draw = check::uniform(n, 22);
  for (std::size_t i = 0; i < n; ++i) {
    const auto r = static_cast<std::int64_t>(i) / classes, k = static_cast<std::int64_t>(i) % classes;
    // Real targets keep 0.05 away from z and from |z - y| = 0.7, where the derivatives jump.
    if (one_hot)
      c.y.push_back(k == (r * 7 + 3) % classes ? 1 : 0);
    else if (spec.kind == LossKind::binary_crossentropy)
      c.y.push_back(draw[i] > 0 ? 1 : 0);
    else
      c.y.push_back(static_cast<double>(static_cast<float>(c.z[i] + (draw[i] > 0 ? 1 : -1) * (std::abs(draw[i]) > 0.5 ? 1.25 : 0.3))));
  }
  if (weighted) {
    for (const double w : check::uniform(static_cast<std::size_t>(rows), 23, 0, 2))
      c.sample_weights.push_back(static_cast<double>(static_cast<float>(w)));
    for (const double w : check::uniform(static_cast<std::size_t>(std::max<std::int64_t>(2, classes)), 24, 0.5, 2))
      c.class_weights.push_back(static_cast<double>(static_cast<float>(w)));
    if (!one_hot && spec.kind != LossKind::binary_crossentropy) c.class_weights.clear(), c.spec.class_weights = false;
    if (spec.kind == LossKind::binary_crossentropy && classes > 2) c.class_weights.clear(), c.spec.class_weights = false;
  }
  return c;
}

std::vector<LossSpec> specs() {
  return {{.kind = LossKind::sparse_categorical_crossentropy},
          {.kind = LossKind::sparse_categorical_crossentropy, .label_smoothing = 0.1F},
          {.kind = LossKind::sparse_categorical_crossentropy, .from_logits = false},
          {.kind = LossKind::categorical_crossentropy},
          {.kind = LossKind::categorical_crossentropy, .label_smoothing = 0.2F},
          {.kind = LossKind::categorical_crossentropy, .from_logits = false},
          {.kind = LossKind::categorical_crossentropy, .from_logits = false, .label_smoothing = 0.1F},
          {.kind = LossKind::binary_crossentropy},
          {.kind = LossKind::binary_crossentropy, .label_smoothing = 0.2F},
          {.kind = LossKind::binary_crossentropy, .from_logits = false},
          {.kind = LossKind::mean_squared_error},
          {.kind = LossKind::mean_absolute_error},
          {.kind = LossKind::huber, .delta = 0.7F}};
}

}  // namespace

TEST_CASE("loss: values and gradients agree with float64") {
  for (LossSpec spec : specs())
    for (const DType dtype : {DType::f32, DType::bf16})
      for (const auto& [rows, classes] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {1, 2}, {33, 3}, {5, 62}, {4, 320}})
        for (const bool weighted : {false, true}) {
          spec.dtype = dtype;
          const Case c = make_case(spec, rows, classes, weighted);
          const std::string what = "loss " + std::to_string(static_cast<int>(spec.kind)) + (spec.from_logits ? "" : " from probabilities");
          check::agree(what, check::same_for_all_threads(what, [&](Backend& b) { return run(b, c).loss; }), reference_losses(c, c.z),
                       {1e-6, 2e-6});
          const auto want = check::finite_differences(
              [&](const std::vector<double>& z) {
                const auto losses = reference_losses(c, z);
                return std::accumulate(losses.begin(), losses.end(), 0.0) * static_cast<double>(c.spec.gradient_scale);
              },
              c.z, 1e-5);
          const auto dz = check::same_for_all_threads(what, [&](Backend& b) { return run(b, c).gradient; });
          const double scale = 1 / static_cast<double>(rows);
          check::agree(what + " gradient", dz, want,
                       dtype == DType::bf16 ? check::Bound{0.004, 1e-7 * scale} : check::Bound{1e-5, 2e-6 * scale});
          Cpu cpu(2);
          CHECK(run(cpu, c, true).gradient.values() == dz);
          CHECK(run(cpu, c, false, false).loss.values() == run(cpu, c).loss.values());
        }
}

TEST_CASE("loss: many rows are cut into chunks without changing bits") {
  const Case c = make_case({}, 3000, 62, false);
  check::agree("many rows", check::same_for_all_threads("many rows", [&](Backend& b) { return run(b, c).loss; }), reference_losses(c, c.z),
               {1e-6, 2e-6});
}

TEST_CASE("loss: Keras's float32 clipping of certain and impossible probabilities") {
  Cpu cpu(1);
  const auto of = [&](LossKind kind, std::vector<double> p, std::vector<double> y) {
    const Case c{.spec = {.kind = kind, .rows = 1, .classes = static_cast<std::int64_t>(p.size()), .from_logits = false}, .z = p, .y = y};
    return run(cpu, c).loss.values()[0];
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
  const Case c{.spec = {.rows = 2, .classes = 3}, .z = {1e4, -1e4, 0, 1e4, 9999, 0}, .y = {0, 1, 0, 0, 1, 0}};
  const auto out = run(cpu, c);
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
