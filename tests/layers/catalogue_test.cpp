// One row a layer of the catalogue (layer_rows.cpp): shapes, number of weights, all fields through text and JSON, gradients against finite differences
// through a Plan, and wrong arguments. A layer without a row fails.
#include "layers/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/check/network_run.h"
#include "tests/check/round_trip.h"
#include "tests/layers/layer_rows.h"

using namespace lehr;

namespace {

using check::LayerRow, check::layer_rows;

const Shape image{4, 5, 2};

/// Distinct numbers, at least 0.1 away from zero and 0.8/n from each other: no kink or tie within a finite difference.
std::vector<float> apart(std::size_t n) {
  std::vector<float> out(n);
  std::size_t step = 37;
  while (n % step == 0) ++step;
  for (std::size_t i = 0; i < n; ++i) {
    const float size = 0.1F + 0.8F * static_cast<float>(i * step % n) / static_cast<float>(n);
    out[i] = (i * 7 / 3) % 2 == 0 ? size : -size;
  }
  return out;
}

/// d objective / d v[i] by central differences, for a plan that computes in float32.
template <class Objective>
std::vector<float> differences(std::vector<float> v, const Objective& objective) {
  constexpr float h = 1.0F / 512;
  std::vector<float> out;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float kept = v[i];
    v[i] = kept + h;
    const double above = objective(v);
    v[i] = kept - h;
    const double below = objective(v);
    v[i] = kept;
    out.push_back(static_cast<float>((above - below) / (2.0 * static_cast<double>(h))));
  }
  return out;
}

void check_gradients(const LayerRow& row) {
  check::NetworkRun run(network_from_text(row.network), row.input, {.mode = PlanMode::train, .batch = 2});
  const auto x = apart(2 * static_cast<std::size_t>(row.input.elements()));
  std::vector<float> dy(2 * static_cast<std::size_t>(row.output.elements()));
  for (std::size_t i = 0; i < dy.size(); ++i) dy[i] = std::cos(static_cast<float>(i));
  run.run(x, dy);
  const auto dx = run.input_gradient();
  std::vector<std::vector<float>> dw;
  for (std::size_t i = 0; i < run.state().tensors().size(); ++i)
    dw.push_back(run.state().tensors()[i].trainable ? run.weight_gradient(i) : std::vector<float>{});

  const auto objective = [&](const std::vector<float>& at) {
    const auto y = run.run(at, dy);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<double>(y[i]) * static_cast<double>(dy[i]);
    return sum;
  };
  const auto agree = [&](const std::string& what, const std::vector<float>& got, const std::vector<float>& want) {
    REQUIRE(got.size() == want.size());
    float largest = 0, worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      largest = std::max(largest, std::abs(want[i]));
      worst = std::max(worst, std::abs(got[i] - want[i]));
    }
    CHECK_MESSAGE(worst <= 2e-3F * std::max(largest, 0.1F), what, ": off by ", worst, " where the largest is ", largest);
  };
  agree("d input", dx, differences(x, objective));
  for (std::size_t w = 0; w < dw.size(); ++w) {
    if (dw[w].empty()) continue;
    const auto start = run.weight(w);
    agree("d " + run.state().tensors()[w].name, dw[w], differences(start, [&](const std::vector<float>& at) {
            run.set_weight(w, at);
            return objective(x);
          }));
    run.set_weight(w, start);
  }
}

}  // namespace

TEST_CASE("layers: every entry of the catalogue has a row here, and every row an entry") {
  for (const auto& entry : layer_catalogue().entries())
    CHECK_MESSAGE(layer_rows().contains(std::string(entry.info.class_name)), entry.info.class_name, " has no row in this test");
  for (const auto& [class_name, row] : layer_rows()) CHECK_MESSAGE(layer_catalogue().find(class_name) != nullptr, class_name);
}

TEST_CASE("layers: shapes, weights and names") {
  for (const auto& [class_name, row] : layer_rows()) {
    CAPTURE(class_name);
    const BuiltNetwork built(network_from_text(row.network), row.input);
    CHECK(built.output() == row.output);
    CHECK(built.parameter_count() == row.weights);
    CHECK(built.trainable_count() == row.trained);
    CHECK(built.layers().back().class_name == class_name);
    CHECK(built.layers().back().name == automatic_name(class_name));
    // What is planned is what was promised.
    for (const PlanMode mode : {PlanMode::predict, PlanMode::train}) {
      check::NetworkRun run(network_from_text(row.network), row.input, {.mode = mode, .batch = 3, .input_gradient = row.gradient});
      const auto y = run.run(apart(3 * static_cast<std::size_t>(row.input.elements())));
      CHECK(y.size() == 3 * static_cast<std::size_t>(row.output.elements()));
      CHECK(std::all_of(y.begin(), y.end(), [](float v) { return std::isfinite(v); }));
    }
  }
}

TEST_CASE("layers: all fields survive text and JSON") {
  for (const auto& [class_name, row] : layer_rows()) {
    CAPTURE(class_name);
    const LayerSpec layer = layer_catalogue().from(parse_spec(row.every_field, "test"));
    const auto untouched = check::untouched(layer_catalogue().find(class_name)->fields(), layer.config());
    CHECK_MESSAGE(untouched.empty(), "the row leaves a field at its default: ", untouched.empty() ? "" : untouched[0]);
    check::round_trip(layer_catalogue(), layer);
    CHECK(layer.named("other").name() == "other");
    CHECK(layer.frozen(false).trainable());
  }
}

TEST_CASE("layers: gradients agree with finite differences") {
  for (const auto& [class_name, row] : layer_rows()) {
    if (!row.gradient) continue;
    CAPTURE(class_name);
    check_gradients(row);
  }
}

TEST_CASE("layers: wrong arguments and inputs name what was expected, and the layer") {
  for (const auto& [class_name, row] : layer_rows())
    for (const auto& refusal : row.refusals)
      check::refused(refusal.network, refusal.word, [&] { BuiltNetwork(network_from_text(refusal.network), refusal.input); });
  try {
    const BuiltNetwork built(network_from_text("flatten | dense(3) | dropout(7, name=mine)"), image);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.info().where.find("Dropout \"mine\"") != std::string::npos);
    CHECK(error.info().got.starts_with("7"));
  }
}
