// Metrics of a whole set's predictions against Keras's own tests (upstream.json): F-scores, precision, the confusion matrix, and what sample
// weights do to metrics.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "engine/spec/parse.h"
#include "layers/catalogue.h"
#include "tests/check/golden.h"
#include "tune/class_metrics.h"
#include "tune/confusion.h"
#include "tune/metric_list.h"
#include "tune/model.h"

using namespace lehr;

namespace {

using Table = std::vector<std::vector<double>>;

Table table_of(const JsonValue& rows) {
  Table out;
  for (const auto& row : rows.elements()) out.push_back(row.is_array() ? check::flat(row) : std::vector{row.number()});
  return out;
}

ClassTruth truth_of(const Table& rows) {
  if (rows[0].size() == 1) {
    std::vector<std::int32_t> ids;
    for (const auto& row : rows) ids.push_back(static_cast<std::int32_t>(row[0]));
    return ids;
  }
  std::vector<std::uint8_t> yes;
  for (const auto& row : rows) yes.insert(yes.end(), row.begin(), row.end());
  return {std::move(yes), rows[0].size()};
}

Array array_of(const Table& rows) {
  const auto columns = std::ssize(rows[0]);
  Array out({std::ssize(rows), columns}, DType::f32);
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy(rows[i].begin(), rows[i].end(), out.as<float>().begin() + static_cast<std::ptrdiff_t>(i) * columns);
  return out;
}

/// With weights the metric is a weighted one.
std::vector<double> values(const std::string& text, const Table& truth, const Table& outputs, const std::vector<float>& weights = {}) {
  ClassMetric metric = class_metric_from_spec(parse_spec(text, "test"));
  metric.weighted = !weights.empty();
  std::vector<double> out;
  for (const auto& [name, value] : class_metric_values(std::vector{metric}, array_of(outputs), truth_of(truth).weighted(weights)))
    out.push_back(value);
  return out;
}

/// One row an entry: what a table of weights, one an entry, is about.
Table entries_of(const Table& rows) {
  Table out;
  for (const auto& row : rows)
    for (const double v : row) out.push_back({v});
  return out;
}

/// Ids that are named outright are what a network is sure of, which names a class by each of its outputs.
double weighted_accuracy(const JsonValue& in) {
  const auto truth = check::flat(in.at("y_true")), named = check::flat(in.at("y_pred"));
  const auto classes =
      static_cast<std::size_t>(std::max(*std::max_element(truth.begin(), truth.end()), *std::max_element(named.begin(), named.end()))) + 1;
  Table sure;
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < named.size(); ++i) {
    sure.emplace_back(classes);
    sure.back()[static_cast<std::size_t>(named[i])] = 1;
    ids.push_back(static_cast<std::int32_t>(truth[i]));
  }
  const Dataset data{.x = array_of(sure),
                     .y = Array::from<std::int32_t>({std::ssize(ids)}, ids),
                     .sample_weights = Array::from<float>({std::ssize(ids)}, check::flat_f32(in.at("sample_weight")))};
  Model model(network_from_text("activation(softmax)"), {.metrics = metrics_from_text({}, {"accuracy"}).metrics});
  return model.evaluate(data, std::ssize(ids)).value("accuracy");
}

std::vector<double> answer(const JsonValue& c) {
  const JsonValue &params = c.at("params"), &in = c.at("inputs");
  const JsonValue* given = in.find("sample_weight");
  const std::vector<float> weights = given == nullptr ? std::vector<float>{} : check::flat_f32(*given);
  if (c.at("component").string() == "metric.Accuracy") return {weighted_accuracy(in)};
  Table truth = table_of(in.at("y_true")), outputs = table_of(in.at("y_pred"));
  if (c.at("component").string() == "metric.Precision") {
    const JsonValue* top_k = params.find("top_k");
    if (weights.size() > truth.size()) return values("precision", entries_of(truth), entries_of(outputs), weights);
    if (top_k == nullptr) return values("precision", truth, outputs);
    truth = {check::flat(in.at("y_true"))}, outputs = {check::flat(in.at("y_pred"))};  // Keras looks for them along the last axis
    return values("precision(top_k=" + top_k->text() + ")", truth, outputs);
  }
  std::string metric = "fbeta_score(beta=" + params.at("beta").text();
  metric += ", average=" + (params.at("average").is_null() ? "none" : params.at("average").string());
  if (!params.at("threshold").is_null()) metric += ", threshold=" + params.at("threshold").text();
  return values(metric + ")", truth, outputs, weights);
}

}  // namespace

TEST_CASE("golden: the cases of Keras's own tests about metrics of a set") {
  check::Book book("upstream.json");
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/upstream.json"), "upstream.json");
  for (const auto& c : cases.elements()) {
    const std::string id = c.at("id").string(), component = c.at("component").string();
    CAPTURE(id);
    std::vector<double> got;
    if (component == "metric.confusion_matrix") {
      const auto ids = [&](const char* key) {
        const auto numbers = check::flat(c.at("inputs").at(key));
        return std::vector<std::int32_t>(numbers.begin(), numbers.end());
      };
      const auto counts = confusion_matrix(ids("labels"), ids("predictions"), c.at("params").at("num_classes").integer()).counts;
      got.assign(counts.begin(), counts.end());
    } else if (component == "metric.FBetaScore" || component == "metric.Precision" || component == "metric.Accuracy") {
      got = answer(c);
    } else {
      continue;
    }
    const double used = check::used_of(c.at("tolerance"), got, check::flat(c.at("expected")));
    CHECK_MESSAGE(used <= 1, id, ": ", 100 * used, " % of the tolerance");
    book.ran(id, used);
  }
  book.close("metrics of a set of Keras's own tests");
}
