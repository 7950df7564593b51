// Initializers, regularizers and constraints: a row a name, so that a name without a row fails; numbers by formula or from Keras.
#include "layers/weight_options.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu.h"
#include "layers/penalties.h"
#include "tests/check/golden.h"
#include "tests/check/round_trip.h"

using namespace lehr;

namespace {

/// `text` is what a person writes; mean, deviation and largest magnitude of what a weight of 100 x 300 then holds.
struct InitializerRow {
  std::string name, text;
  double mean = 0, deviation = 0, largest = 0;
};
constexpr double anything = std::numeric_limits<double>::infinity();

const std::vector<InitializerRow>& initializer_rows() {
  // Uniform on (-a, a) has the deviation a/sqrt(3). Keras's normal ones are cut at two sigma and scaled so that the deviation is as named.
  static const std::vector<InitializerRow> list{
      {"zeros", "zeros", 0, 0, 0},
      {"ones", "ones", 1, 0, 1},
      {"constant", "constant(0.25)", 0.25, 0, 0.25},
      {"glorot_uniform", "glorot_uniform", 0, std::sqrt(2.0 / 400), std::sqrt(6.0 / 400)},
      {"glorot_normal", "glorot_normal", 0, std::sqrt(2.0 / 400), 2 * std::sqrt(2.0 / 400) / 0.8796},
      {"he_uniform", "he_uniform", 0, std::sqrt(2.0 / 100), std::sqrt(6.0 / 100)},
      {"he_normal", "he_normal", 0, std::sqrt(2.0 / 100), 2 * std::sqrt(2.0 / 100) / 0.8796},
      {"lecun_uniform", "lecun_uniform", 0, std::sqrt(1.0 / 100), std::sqrt(3.0 / 100)},
      {"lecun_normal", "lecun_normal", 0, std::sqrt(1.0 / 100), 2 * std::sqrt(1.0 / 100) / 0.8796},
      {"random_normal", "random_normal(mean=0.5, stddev=0.2)", 0.5, 0.2, anything},
      {"random_uniform", "random_uniform(minval=-0.1, maxval=0.3)", 0.1, 0.4 / std::sqrt(12.0), 0.3},
      {"truncated_normal", "truncated_normal(mean=0, stddev=0.3)", 0, 0.3 * 0.8796, 0.6},
      {"orthogonal", "orthogonal(gain=2)", 0, 2 / std::sqrt(300.0), anything},
      {"variance_scaling", "variance_scaling(scale=2, mode=fan_out, distribution=uniform)", 0, std::sqrt(2.0 / 300), std::sqrt(6.0 / 300)}};
  return list;
}

/// Every name has a row and every row a name.
template <class Rows>
void covered(const std::vector<std::vector<std::string>>& names, const Rows& rows) {
  for (const auto& all : names)
    CHECK_MESSAGE(std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.name == all[0]; }), all[0], " has no row");
  for (const auto& row : rows) CHECK_MESSAGE(find_entry(row.name, names) >= 0, row.name);
}

template <class T>
void both_ways(const std::string& text) {
  check::round_trip(SpecConvert<T>::from(parse_spec(text, "test")), SpecConvert<T>::from, SpecConvert<T>::to, SpecConvert<T>::to);
}

struct Filled {
  std::vector<float> values;
  Filled(const std::string& text, const Shape& shape, RandomKey key) {
    Cpu cpu(1);
    State state(cpu, {{.name = "w", .shape = shape}}, false);
    initialize(state, 0, SpecConvert<Initializer>::from(parse_spec(text, "test")), key);
    const Array w = state.read(0);
    values.assign(w.as<float>().begin(), w.as<float>().end());
  }
};

struct NameRow {
  std::string name;
};

}  // namespace

TEST_CASE("initializers: every name, its distribution, and both ways through text and JSON") {
  covered(initializer_names(), initializer_rows());
  for (const auto& row : initializer_rows()) {
    CAPTURE(row.text);
    both_ways<Initializer>(row.text);
    const auto w = Filled(row.text, {100, 300}, {.seed = 1, .stream = 5}).values;
    const auto n = static_cast<double>(w.size());
    double mean = 0, square = 0, largest = 0;
    for (const float v : w) {
      mean += static_cast<double>(v) / n;
      largest = std::max(largest, static_cast<double>(std::abs(v)));
    }
    for (const float v : w) square += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) / n;
    // 30,000 numbers: four standard errors of the mean, 2 % of the deviation
    CHECK(std::abs(mean - row.mean) <= 4 * row.deviation / std::sqrt(n) + 1e-7);
    CHECK(std::sqrt(square) == doctest::Approx(row.deviation).epsilon(0.02));
    CHECK(largest <= row.largest * 1.001);
    if (row.deviation > 0 && row.largest < anything) CHECK(largest >= 0.97 * row.largest);
    if (row.deviation > 0) {
      CHECK(Filled(row.text, {100, 300}, {.seed = 1, .stream = 5}).values == w);
      CHECK(Filled(row.text, {100, 300}, {.seed = 2, .stream = 5}).values != w);
      CHECK(Filled(row.text, {100, 300}, {.seed = 1, .stream = 6}).values != w);
    }
  }
  check::refused("no such initializer", "glorot_uniform", [] { both_ways<Initializer>("glorot_uniforn"); });
  check::refused("a key that it has not", "no keys", [] { both_ways<Initializer>("he_normal(gain=2)"); });
}

TEST_CASE("initializers: fans of kernels, and orthogonal columns") {
  CHECK(fans_of({3, 3, 16, 32}).in == 144);
  CHECK(fans_of({3, 3, 16, 32}).out == 288);
  CHECK(fans_of({7}).in == 7);
  CHECK(fans_of({}).in == 1);
  for (const Shape& shape : {Shape{20, 6}, Shape{6, 20}, Shape{2, 2, 3, 5}}) {
    const auto w = Filled("orthogonal", shape, {.seed = 3}).values;
    const auto columns = static_cast<std::size_t>(shape.back()), rows = w.size() / columns;
    const bool tall = rows >= columns;
    const std::size_t vectors = tall ? columns : rows, length = tall ? rows : columns;
    for (std::size_t a = 0; a < vectors; ++a)
      for (std::size_t b = 0; b <= a; ++b) {
        double dot = 0;
        for (std::size_t i = 0; i < length; ++i) {
          const auto at = [&](std::size_t v) { return static_cast<double>(tall ? w[i * columns + v] : w[v * columns + i]); };
          dot += at(a) * at(b);
        }
        CHECK(dot == doctest::Approx(a == b ? 1 : 0).epsilon(1e-5));
      }
  }
}

TEST_CASE("regularizers: every name gives Keras's penalty and gradient") {
  const JsonValue golden = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/weight_options.json"), "weight_options.json");
  std::vector<NameRow> seen;
  for (const auto& c : golden.elements()) {
    if (c.at("kind").string() != "regularizer") continue;
    const std::string text = c.at("spec").string();
    CAPTURE(text);
    both_ways<Regularizer>(text);
    const auto regularizer = SpecConvert<Regularizer>::from(parse_spec(text, "test"));
    const auto recorded = SpecConvert<Regularizer>::from(check::recorded_spec(c.at("class_name").string(), c.at("config")));
    CHECK(recorded.l1 == doctest::Approx(regularizer.l1));
    CHECK(recorded.l2 == doctest::Approx(regularizer.l2));
    seen.push_back({regularizer_names()[static_cast<std::size_t>(find_entry(c.at("class_name").string(), regularizer_names()))][0]});

    Cpu cpu(1);
    const BuiltNetwork built(network_from_text("dense(4, use_bias=false, kernel_regularizer=" + text + ")"), {3});
    State state(cpu, built.tensors(), false);
    state.write(0, Array::from<float>({3, 4}, check::flat_f32(c.at("w"))));
    Planner p(state, {.mode = PlanMode::train, .batch = 1});
    Penalties penalties(p, built);
    penalties.emit_weights();
    const Value loss = penalties.loss();
    p.keep(loss);
    const auto plan = p.finish();
    plan->run();
    CHECK(plan->view(loss).as<float>()[0] == doctest::Approx(c.at("loss").number()).epsilon(1e-6));
    const View dw = state.gradient(0);
    CHECK(check::distance(std::vector<float>(dw.as<float>(), dw.as<float>() + dw.count), check::flat(c.at("dw"))) < 1e-6);
  }
  covered(regularizer_names(), seen);
  CHECK(!SpecConvert<Regularizer>::from(parse_spec("none", "test")));
  check::refused("no such regularizer", "l2", [] { both_ways<Regularizer>("l3(0.1)"); });
  check::refused("too many values", "l1", [] { both_ways<Regularizer>("l1(0.1, 0.2)"); });
}

TEST_CASE("regularizers: a penalty on outputs is divided by the batch") {
  Cpu cpu(1);
  const BuiltNetwork built(network_from_text("dense(2, use_bias=false, activity_regularizer=l1_l2(0.5, 0.25))"), {2});
  State state(cpu, built.tensors(), false);
  state.write(0, Array::from<float>({2, 2}, std::vector<float>{1, 0, 0, 1}));
  Planner p(state, {.mode = PlanMode::train, .batch = 2});
  const Value x = p.bound("x", 4, DType::f32);
  const auto values = built.emit(p, x);
  Penalties penalties(p, built);
  penalties.emit_activities(values);
  p.backward();
  const Value loss = penalties.loss();
  p.keep(loss);
  const auto plan = p.finish();
  const std::vector<float> numbers{1, -2, 3, 4};
  plan->bind(x, {numbers.data(), DType::f32, 4});
  plan->run();
  CHECK(plan->view(loss).as<float>()[0] == doctest::Approx((0.5 * 10 + 0.25 * 30) / 2));
  // dy = (0.5 sign y + 0.5 y) / 2, dw = x' dy
  const float dy[] = {0.5F, -0.75F, 1, 1.25F};
  const float* dw = state.gradient(0).as<float>();
  CHECK(dw[0] == doctest::Approx(1 * dy[0] + 3 * dy[2]));
  CHECK(dw[1] == doctest::Approx(1 * dy[1] + 3 * dy[3]));
  CHECK(dw[2] == doctest::Approx(-2 * dy[0] + 4 * dy[2]));
  CHECK(dw[3] == doctest::Approx(-2 * dy[1] + 4 * dy[3]));
}

TEST_CASE("constraints: every name gives Keras's weights, along Keras's axes") {
  const JsonValue golden = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/weight_options.json"), "weight_options.json");
  std::vector<NameRow> seen;
  for (const auto& c : golden.elements()) {
    if (c.at("kind").string() != "constraint") continue;
    const std::string text = c.at("spec").string(), option = "constraint=" + text;
    CAPTURE(text);
    both_ways<Constraint>(text);
    CHECK(SpecConvert<Constraint>::from(parse_spec(text, "test")) ==
          SpecConvert<Constraint>::from(check::recorded_spec(c.at("class_name").string(), c.at("config"))));
    seen.push_back({constraint_names()[static_cast<std::size_t>(find_entry(c.at("class_name").string(), constraint_names()))][0]});

    const auto numbers = check::flat(c.at("shape"));
    const Shape shape(std::vector<std::int64_t>(numbers.begin(), numbers.end()));
    const std::size_t weight = shape.rank() == 1 ? 1 : 0;
    const BuiltNetwork built = shape.rank() == 4   ? BuiltNetwork(network_from_text("conv2d(3, 3x2, kernel_" + option + ")"), {5, 5, 2})
                               : shape.rank() == 2 ? BuiltNetwork(network_from_text("dense(4, kernel_" + option + ")"), {3})
                                                   : BuiltNetwork(network_from_text("dense(5, bias_" + option + ")"), {3});
    Cpu cpu(1);
    State state(cpu, built.tensors(), false);
    REQUIRE(state.tensors()[weight].shape == shape);
    state.write(weight, Array::from<float>(shape, check::flat_f32(c.at("w"))));
    state.upload_step_table({StepRow{}});
    Planner p(state, {.mode = PlanMode::train, .batch = 1});
    emit_constraints(p, built);
    p.finish()->run();
    const Array w = state.read(weight);
    CHECK(check::distance(std::vector<float>(w.as<float>().begin(), w.as<float>().end()), check::flat(c.at("y"))) < 1e-6);
  }
  covered(constraint_names(), seen);
  check::refused("no such constraint", "max_norm", [] { both_ways<Constraint>("max_norn"); });
  check::refused("non_neg has no values", "none", [] { both_ways<Constraint>("non_neg(3)"); });
  check::refused("an axis in the middle", "[0, 1, 2]", [] { both_ways<Constraint>("unit_norm(axis=[1, 2])"); });
}
