// Losses and metrics against real Keras and the cases of its own tests: value of each sample, mean, and gradient of the mean.
#include <doctest/doctest.h>

#include <set>

#include "engine/spec/parse.h"
#include "tests/check/golden.h"
#include "tests/check/loss_run.h"

using namespace lehr;
using check::run_loss;

namespace {

/// Names of the losses that exist here, by the class that Keras gives them; fields as the spec lists them.
std::string unsupported_loss(const std::string& name, const JsonValue& config) {
  if (find_entry(name, loss_names()) < 0) return "no loss " + name;
  const Loss loss = SpecConvert<Loss>::from(SpecValue::word(name));
  const auto fields = std::visit([](const auto& l) { return field_names<std::remove_cvref_t<decltype(l)>>(); }, loss);
  for (const auto& [key, value] : config.members())
    if (std::find(fields.begin(), fields.end(), key) == fields.end() && !(key == "label_smoothing" && value.number() == 0))
      return "no key " + key;
  return {};
}

Loss loss_of(const std::string& name, const JsonValue& config) {
  SpecValue spec = check::recorded_spec(name, config);
  std::erase_if(spec.keywords, [](const SpecKeyword& k) { return k.name == "label_smoothing" && k.value.number == 0; });
  return SpecConvert<Loss>::from(spec);
}

double mean(const std::vector<float>& values, const std::vector<float>& weights = {}) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double w = weights.empty() ? 1 : static_cast<double>(weights[i]);
    sum += w * static_cast<double>(values[i]);
    count += w;
  }
  return sum / count;
}

/// One weight a row: a single number stands for all.
std::vector<float> row_weights(const JsonValue* weights, std::size_t rows) {
  if (weights == nullptr) return {};
  auto out = check::flat_f32(*weights);
  if (out.size() == 1) out.assign(rows, out[0]);
  return out;
}

}  // namespace

TEST_CASE("golden: losses give Keras's value and gradient") {
  const auto golden = check::Golden::read("losses");
  check::Book book("losses.json");
  for (const auto& c : golden.cases.elements()) {
    const std::string name = c.at("name").string(), class_name = c.at("class_name").string();
    CAPTURE(name);
    if (const auto why = unsupported_loss(class_name, c.at("config")); !why.empty()) {
      book.skipped(name, why);
      continue;
    }
    const Shape shape = golden.at(name, "y_pred").shape();
    const auto result = run_loss(loss_of(class_name, c.at("config")), shape[0], shape[1],
                                 {.outputs = golden.floats(name, "y_pred"), .labels = golden.floats(name, "y_true")});
    const double want = static_cast<double>(golden.floats(name, "loss").at(0));
    const double value = std::abs(result.loss() - want) / (2e-6 * std::max(1.0, std::abs(want)));
    const double gradient = check::distance(result.gradient, golden.floats(name, "dy_pred")) / 2e-6;
    CHECK_MESSAGE(value <= 1, name, ": ", result.loss(), " instead of ", want);
    CHECK_MESSAGE(gradient <= 1, name, ": gradient uses ", 100 * gradient, " % of the tolerance");
    book.ran(name, std::max(value, gradient));
  }
  book.close("losses");
}

TEST_CASE("golden: losses and options that losses.json lacks give Keras's values of each row and its gradient") {
  const std::string file = LEHR_TESTS_DIR "/golden/keras/more_losses.json";
  const JsonValue golden = JsonValue::parse(read_file(file), file);
  CHECK(golden.at("cases").size() >= 19);
  for (const auto& c : golden.at("cases").elements()) {
    const JsonValue& y_pred = c.at("y_pred");
    CAPTURE(c.at("class_name").string());
    const auto shape = check::extents(y_pred);
    const auto got = run_loss(loss_of(c.at("class_name").string(), c.at("config")), shape[0], shape[1],
                              {.outputs = check::flat_f32(y_pred), .labels = check::flat_f32(c.at("y_true"))});
    const auto each = check::flat(c.at("each")), gradient = check::flat(c.at("gradient"));
    for (std::size_t i = 0; i < each.size(); ++i)
      CHECK(std::abs(static_cast<double>(got.per_sample[i]) - each[i]) <= 2e-6 * std::max(1.0, std::abs(each[i])));
    double largest = 0;
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
    for (std::size_t i = 0; i < gradient.size(); ++i) CHECK(std::abs(static_cast<double>(got.gradient[i]) - gradient[i]) <= 2e-6 * largest);
  }
}

TEST_CASE("golden: the loss and metric cases of Keras's own tests") {
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/upstream.json"), "upstream.json");
  check::Book book("upstream.json");
  // Weights of rows are a kernel's, not a metric's of training: tests/kernels/golden_test.cpp.
  std::set<std::string> kernels_answer;
  const JsonValue kernels = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/kernels.json"), "kernels.json");
  for (const auto& c : kernels.elements()) kernels_answer.insert(c.at("id").string());
  for (const auto& c : cases.elements()) {
    const std::string id = c.at("id").string(), component = c.at("component").string();
    const bool metric = component.starts_with("metric.");
    if (const std::string name = metric ? component.substr(7) : "";
        name == "Precision" || name == "FBetaScore" || name == "confusion_matrix" || name == "Accuracy")
      continue;  // of a whole set, or with weights: tests/tune/golden_metrics_test.cpp
    if (!metric && !component.starts_with("loss.") && !(component.starts_with("ops.") && component != "ops.batch_normalization")) continue;
    const std::string name = component.substr(component.find('.') + 1);
    const JsonValue &in = c.at("inputs"), &params = c.at("params");
    // Ids of a metric are recognized by their shape, as the metric "accuracy" does it.
    const JsonValue* y_true = in.find("y_true") != nullptr ? in.find("y_true") : in.find("target");
    const JsonValue* y_pred = in.find("y_pred") != nullptr ? in.find("y_pred") : in.find("output");
    JsonValue config = JsonValue::object();
    for (const auto& [key, value] : params.members())
      if (key != "reduction" && key != "axis") config[key] = value;

    std::string why;
    if (!metric) why = unsupported_loss(name, config);
    if (metric && find_entry(name, metric_names()) < 0) why = "no metric " + name;
    for (const auto& [key, value] : config.members())
      if (metric && why.empty() && key != "k" && key != "threshold") why = "no key " + key;
    if (why.empty() && y_pred != nullptr && check::extents(*y_pred).size() > 2) why = "more than two axes";
    if (why.empty() && metric && in.find("sample_weight") != nullptr) why = "weighted metrics are training's";
    if (!why.empty()) {
      if (!kernels_answer.contains(id)) book.skipped(id, why);
      continue;
    }
    const auto shape = check::extents(*y_pred);
    // A vector of independent outputs is a column.
    const std::int64_t rows = shape[0], classes = shape.size() > 1 ? shape[1] : 1;
    const bool ids = name.starts_with("sparse") || name.starts_with("Sparse");
    const Loss loss = metric ? (ids ? Loss(SparseCategoricalCrossentropy{}) : Loss(MeanSquaredError{})) : loss_of(name, config);
    const auto weights = row_weights(in.find("sample_weight"), static_cast<std::size_t>(rows));
    check::LossRunInput input{.outputs = check::flat_f32(*y_pred), .labels = check::flat_f32(*y_true), .weights = weights};
    if (metric) input.metric = metric_from_spec(check::recorded_spec(name, config));
    const auto result = run_loss(loss, rows, classes, input);

    const auto want = check::flat(c.at("expected"));
    std::vector<double> got;
    const JsonValue* reduction = params.find("reduction");
    const bool each = component.starts_with("ops.") || (reduction != nullptr && reduction->is_null());
    if (metric)
      got = {mean(result.metric)};
    else if (each)
      got.assign(result.per_sample.begin(), result.per_sample.end());
    else if (reduction != nullptr && reduction->string() == "sum")
      got = {result.loss() * static_cast<double>(rows)};
    else
      got = {result.loss()};
    const double used = check::used_of(c.at("tolerance"), got, want);
    CHECK_MESSAGE(used <= 1, id, ": ", got[0], " instead of ", want[0]);
    book.ran(id, used);
  }
  book.close("losses and metrics of Keras's own tests");
}

// A probability of 0 or 1 is clipped in float32 before its logarithm is taken.
TEST_CASE("golden: where cross-entropies clip probabilities") {
  check::Book book("derived.json");
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/derived.json"), "derived.json");
  for (const auto& c : cases.elements()) {
    if (c.at("id").string() != "clip_bounds_f32") continue;
    const JsonValue& want = c.at("expected");
    const auto one = [](const Loss& loss, std::int64_t classes, std::vector<float> p, float label) {
      return run_loss(loss, 1, classes, {.outputs = std::move(p), .labels = {label}}).loss();
    };
    CHECK(one(SparseCategoricalCrossentropy{}, 2, {0, 1}, 0) ==
          doctest::Approx(want.at("max_scce_from_probs_single_class").number()).epsilon(1e-6));
    CHECK(one(BinaryCrossentropy{}, 1, {1}, 0) == doctest::Approx(-std::log(1 - want.at("hi").number())).epsilon(1e-6));
    CHECK(one(BinaryCrossentropy{}, 1, {0}, 1) == doctest::Approx(-std::log(want.at("lo").number())).epsilon(1e-6));
    book.ran("clip_bounds_f32", 0);
  }
  book.close("clipped probabilities");
}
