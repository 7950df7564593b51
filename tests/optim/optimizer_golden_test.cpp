// Every case of tests/golden/optimizers.json: numbers from Keras's own tests (select_kernels.py), each within its stated tolerance.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "kernels/make.h"
#include "kernels/optimizer_step.h"
#include "optim/catalogue.h"

using namespace lehr;

namespace {

using Floats = std::vector<float>;

Floats floats(const JsonValue& list) {
  Floats out;
  for (const JsonValue& v : list.elements()) out.push_back(static_cast<float>(v.number()));
  return out;
}

/// The case's optimizer, as a person would write it: `adam(learning_rate=0.5, amsgrad=true)`.
Optimizer optimizer_of(const JsonValue& c) {
  std::string text = c.at("component").string();
  text = text.substr(text.find('.') + 1);
  if (text == "clip") text = "sgd";
  std::string arguments;
  for (const auto& [name, value] : c.at("params").members()) {
    if (name == "exclude_var_names") continue;  // a segment that does not decay
    arguments += (arguments.empty() ? "" : ", ") + name + "=" + (value.is_string() ? "0.1" : value.text());  // "callable returning 0.1"
  }
  return optimizer_catalogue().from(parse_spec(text + "(" + arguments + ")"));
}

/// The weights after every step.
std::vector<Floats> train(const Optimizer& optimizer, Floats w, const std::vector<Floats>& gradients, bool decays = true) {
  Cpu cpu(1);
  const auto count = static_cast<std::int64_t>(w.size());
  const auto& options = optimizer.options();
  const std::vector<Segment> segments{{.offset = 0, .count = count, .decays = decays}};
  const auto step = make(OptimizerStepSpec{.rule = optimizer.rule(),
                                           .count = count,
                                           .segments = segments,
                                           .clip_value = static_cast<float>(options.clipvalue.value_or(0)),
                                           .norm_clip = options.clipnorm.has_value()},
                         cpu);
  Floats slots(w.size() * static_cast<std::size_t>(optimizer.slots())), factor(1, 1);
  const auto view = [](Floats& v) { return View{v.data(), DType::f32, v.size()}; };
  std::vector<StepRow> table;
  StepCounters counters;
  std::vector<Floats> after;
  for (Floats g : gradients) {
    if (options.clipnorm) {
      const auto clip = make(NormClipSpec{.segments = segments, .clipnorm = static_cast<float>(*options.clipnorm)}, cpu);
      const Buffer workspace(cpu, clip->workspace_bytes());
      clip->run(view(g), view(factor), {workspace.data(), DType::u8, workspace.bytes()}, cpu.stream());
    }
    table.push_back(optimizer.row(counters.step, optimizer.learning_rate().at(counters.step)));
    step->run(view(w), view(g), view(slots), table.data(), &counters, view(factor), {}, cpu.stream());
    ++counters.step;
    ++counters.cursor;
    after.push_back(w);
  }
  return after;
}

/// What the case asks for, in the order of its `expected`.
std::vector<Floats> answer(const JsonValue& c) {
  const Optimizer optimizer = optimizer_of(c);
  const JsonValue& in = c.at("inputs");
  if (c.at("component").string() == "optimizer.clip") {  // a rate of one from zero: the negative of the clipped gradient
    auto w = train(optimizer.with_learning_rate(1.0), {0, 0}, {floats(in.at("gradients").at(0))})[0];
    for (float& v : w) v = -v;
    return {w};
  }
  if (c.at("params").find("exclude_var_names") != nullptr) return train(optimizer, {2}, {{0}}, false);
  if (in.find("fresh_optimizers") != nullptr) {
    Floats w = floats(in.at("x0"));
    for (std::int64_t i = 0; i < in.at("fresh_optimizers").integer(); ++i) w = train(optimizer, w, {floats(in.at("gradient_each"))}).back();
    return {w};
  }
  std::vector<Floats> gradients;
  for (const JsonValue& g : in.at("gradients").elements()) gradients.push_back(floats(g));
  return train(optimizer, floats(in.at("x0")), gradients);
}

std::vector<double> flat(const JsonValue& v) {
  if (v.is_number()) return {v.number()};
  std::vector<double> out;
  if (v.is_object()) {  // named results; `iterations` counts what every training counts
    for (const auto& [name, value] : v.members())
      if (name == "variables" || name == "excluded_variable") return flat(value);
    return out;
  }
  for (const JsonValue& element : v.elements())
    for (const double d : flat(element)) out.push_back(d);
  return out;
}

}  // namespace

TEST_CASE("golden: Keras's own numbers for optimizers") {
  const auto cases = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/optimizers.json"));
  CHECK(cases.size() >= 11);
  for (const JsonValue& c : cases.elements()) {
    const std::string id = c.at("id").string();
    CAPTURE(id);
    std::vector<double> got;
    for (const Floats& w : answer(c))
      for (const float v : w) got.push_back(static_cast<double>(v));
    const auto want = flat(c.at("expected"));
    const double relative = c.at("tolerance").at("rtol").number(), absolute = c.at("tolerance").at("atol").number();
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) CHECK(std::abs(got[i] - want[i]) <= absolute + relative * std::abs(want[i]));
  }
}
