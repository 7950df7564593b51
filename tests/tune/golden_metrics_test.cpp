// Metrics of a whole set's predictions against Keras's own tests (upstream.json): F-scores, precision, the confusion matrix.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "engine/spec/parse.h"
#include "tests/check/golden.h"
#include "tune/class_metrics.h"
#include "tune/confusion.h"

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

std::vector<double> values(const std::string& text, const Table& truth, const Table& outputs) {
  const auto columns = std::ssize(outputs[0]);
  Array scores({std::ssize(outputs), columns}, DType::f32);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    std::copy(outputs[i].begin(), outputs[i].end(), scores.as<float>().begin() + static_cast<std::ptrdiff_t>(i) * columns);
  std::vector<double> out;
  for (const auto& [name, value] :
       class_metric_values(std::vector{class_metric_from_spec(parse_spec(text, "test"))}, scores, truth_of(truth)))
    out.push_back(value);
  return out;
}

/// Empty: there is no such metric here.
std::vector<double> answer(const JsonValue& c) {
  const JsonValue &params = c.at("params"), &in = c.at("inputs");
  if (in.find("sample_weight") != nullptr) return {};
  Table truth = table_of(in.at("y_true")), outputs = table_of(in.at("y_pred"));
  if (c.at("component").string() == "metric.Precision") {
    const JsonValue* top_k = params.find("top_k");
    if (top_k == nullptr) return values("precision", truth, outputs);
    truth = {check::flat(in.at("y_true"))}, outputs = {check::flat(in.at("y_pred"))};  // Keras looks for them along the last axis
    return values("precision(top_k=" + top_k->text() + ")", truth, outputs);
  }
  std::string metric = "fbeta_score(beta=" + params.at("beta").text();
  metric += ", average=" + (params.at("average").is_null() ? "none" : params.at("average").string());
  if (!params.at("threshold").is_null()) metric += ", threshold=" + params.at("threshold").text();
  return values(metric + ")", truth, outputs);
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
    } else if (component == "metric.FBetaScore" || component == "metric.Precision") {
      got = answer(c);
      if (got.empty()) {
        book.skipped(id, "no such metric");
        continue;
      }
    } else {
      continue;
    }
    const double used = check::used_of(c.at("tolerance"), got, check::flat(c.at("expected")));
    CHECK_MESSAGE(used <= 1, id, ": ", 100 * used, " % of the tolerance");
    book.ran(id, used);
  }
  book.close("metrics of a set of Keras's own tests");
}
