// Optimizers against real Keras: twelve steps on given gradients, and the cases of Keras's own tests.
#include <doctest/doctest.h>

#include "optim/catalogue.h"
#include "tests/check/golden.h"
#include "tests/check/optimizer_run.h"

using namespace lehr;
using check::OptimizerRun;

namespace {

StateTensor tensor(const Shape& shape, bool decays = true) { return {.name = "w", .shape = shape, .decays = decays}; }

/// Row `step` of a recorded [steps, ...] array.
std::vector<float> row(const std::vector<float>& all, std::size_t step, std::size_t count) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(step * count);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_CASE("golden: optimizers walk Keras's way for twelve steps") {
  const auto golden = check::Golden::read("optimizers");
  check::Book book("optimizers.json");
  for (const auto& c : golden.cases.elements()) {
    const std::string name = c.at("name").string(), class_name = c.at("class_name").string();
    CAPTURE(name);
    if (const auto why = check::unsupported(optimizer_catalogue(), class_name, c.at("config")); !why.empty()) {
      book.skipped(name, why);
      continue;
    }
    std::vector<StateTensor> tensors;
    for (const char* start : {"start0", "start1"}) tensors.push_back(tensor(golden.at(name, start).shape()));
    OptimizerRun run(optimizer_catalogue().from(check::recorded_spec(class_name, c.at("config"))), tensors);
    for (std::size_t i = 0; i < 2; ++i) run.set_weight(i, golden.floats(name, "start" + std::to_string(i)));
    const std::vector<std::vector<float>> g{golden.floats(name, "g0"), golden.floats(name, "g1")},
        w{golden.floats(name, "w0"), golden.floats(name, "w1")};
    const auto steps = static_cast<std::size_t>(golden.at(name, "g0").shape()[0]);
    double used = 0;
    for (std::size_t s = 0; s < steps; ++s) {
      std::vector<std::vector<float>> gradients;
      for (std::size_t i = 0; i < 2; ++i) gradients.push_back(row(g[i], s, g[i].size() / steps));
      run.step(gradients);
      for (std::size_t i = 0; i < 2; ++i) used = std::max(used, check::distance(run.weight(i), row(w[i], s, w[i].size() / steps)) / 2e-6);
    }
    CHECK_MESSAGE(used <= 1, name, ": ", 100 * used, " % of the tolerance");
    book.ran(name, used);
  }
  book.close("optimizers");
}

TEST_CASE("golden: the optimizer cases of Keras's own tests") {
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/upstream.json"), "upstream.json");
  check::Book book("upstream.json");
  for (const auto& c : cases.elements()) {
    const std::string id = c.at("id").string(), component = c.at("component").string();
    if (!component.starts_with("optimizer.") || id == "opt.variable_count") continue;  // tests/tune/golden_cases_test.cpp
    CAPTURE(id);
    const bool clips = component == "optimizer.clip";
    const std::string name = clips ? "sgd" : component.substr(component.find('.') + 1);
    JsonValue config = JsonValue::object();
    for (const auto& [key, value] : c.at("params").members())
      if (key != "exclude_var_names") config[key] = value;
    if (clips) config["learning_rate"] = 1.0;
    std::string why = check::unsupported(optimizer_catalogue(), name, config);
    if (id == "opt.callable_lr") config["learning_rate"] = 0.1;
    if (!why.empty()) {
      book.skipped(id, why);
      continue;
    }
    const Optimizer optimizer = optimizer_catalogue().from(check::recorded_spec(name, config));
    double worst = 0;
    const auto agree = [&](const std::vector<float>& got, const JsonValue& expected) {
      const double used = check::used_of(c.at("tolerance"), got, check::flat(expected));
      CHECK_MESSAGE(used <= 1, id, ": ", 100 * used, " % of the tolerance");
      worst = std::max(worst, used);
    };
    const JsonValue &in = c.at("inputs"), &expected = c.at("expected");
    if (id.ends_with("weight_decay_exclude")) {
      OptimizerRun run(optimizer, {tensor({1}), tensor({1}, false)});
      run.set_weight(0, {2});
      run.set_weight(1, {2});
      run.step({{0}, {0}});
      CHECK(run.weight(0)[0] < 2);
      agree(run.weight(1), expected.at("excluded_variable"));
    } else if (id.ends_with("weight_decay_thrice")) {
      std::vector<float> w = check::flat_f32(in.at("x0"));
      for (std::int64_t i = 0; i < in.at("fresh_optimizers").integer(); ++i) {
        OptimizerRun run(optimizer, {tensor({1})});
        run.set_weight(0, w);
        run.step({check::flat_f32(in.at("gradient_each"))});
        w = run.weight(0);
      }
      agree(w, expected);
    } else if (id == "opt.empty_gradient") {  // what has no gradient here is frozen
      OptimizerRun run(optimizer, {{.name = "frozen", .shape = {4}, .trainable = false}, tensor({4})});
      for (std::size_t i = 0; i < 2; ++i) run.set_weight(i, check::flat_f32(in.at("x0").at(i)));
      run.step({{}, check::flat_f32(in.at("gradients").at(1))});
      for (std::size_t i = 0; i < 2; ++i) agree(run.weight(i), expected.at("variables").at(i));
    } else {
      const auto& gradients = in.at("gradients").elements();
      const std::vector<float> first = check::flat_f32(gradients[0]);
      OptimizerRun run(optimizer, {tensor({static_cast<std::int64_t>(first.size())})});
      run.set_weight(0, in.find("x0") != nullptr ? check::flat_f32(in.at("x0")) : std::vector<float>(first.size(), 0.0F));
      const JsonValue& path = expected.find("variables") != nullptr ? expected.at("variables") : expected;
      for (std::size_t s = 0; s < gradients.size(); ++s) {
        run.step({check::flat_f32(gradients[s])});
        auto w = run.weight(0);
        if (clips)  // the clipped gradient itself: one step of rate 1 from zero, backwards
          for (float& v : w) v = -v;
        agree(w, path.at(s));
      }
    }
    book.ran(id, worst);
  }
  book.close("optimizers of Keras's own tests");
}
