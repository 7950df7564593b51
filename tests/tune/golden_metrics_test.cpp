// Metrics of a whole set's predictions against Keras's own tests (upstream.json): F-scores of beta 1, precision, the confusion matrix.
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

bool one_class_a_row(const Table& truth) {
  return std::all_of(truth.begin(), truth.end(),
                     [](const auto& row) { return row.size() > 1 && std::accumulate(row.begin(), row.end(), 0.0) == 1; });
}

std::vector<double> values(const std::string& text, const Table& truth, const Table& outputs) {
  const auto columns = std::ssize(outputs[0]);
  Array scores({std::ssize(outputs), columns}, DType::f32);
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    std::copy(outputs[i].begin(), outputs[i].end(), scores.as<float>().begin() + static_cast<std::ptrdiff_t>(i) * columns);
    ids.push_back(static_cast<std::int32_t>(
        columns == 1 ? truth[i][0] : static_cast<double>(std::max_element(truth[i].begin(), truth[i].end()) - truth[i].begin())));
  }
  std::vector<double> out;
  for (const auto& [name, value] : class_metric_values(std::vector{class_metric_from_spec(parse_spec(text, "test"))}, scores, ids))
    out.push_back(value);
  return out;
}

/// Each column a question of its own with the answer yes or no; with `together`, all entries as the answers to one.
std::vector<double> by_columns(const std::string& text, const Table& truth, const Table& outputs, bool together) {
  std::vector<double> out;
  Table t, z;
  for (std::size_t c = 0; c < truth[0].size(); ++c) {
    if (!together) t = z = {};
    for (std::size_t i = 0; i < truth.size(); ++i) {
      t.push_back({truth[i][c]});
      z.push_back({outputs[i][c]});
    }
    if (!together) out.push_back(values(text, t, z).at(0));
  }
  return together ? values(text, t, z) : out;
}

/// Empty: there is no such metric here.
std::vector<double> answer(const JsonValue& c) {
  const JsonValue &params = c.at("params"), &in = c.at("inputs");
  if (in.find("sample_weight") != nullptr) return {};
  const Table truth = table_of(in.at("y_true")), outputs = table_of(in.at("y_pred"));
  if (c.at("component").string() == "metric.Precision")
    return params.size() == 0 ? values("precision", truth, outputs) : std::vector<double>{};
  if (params.at("beta").number() != 1) return {};
  const std::string average = params.at("average").is_null() ? "none" : params.at("average").string();
  if (one_class_a_row(truth) && params.at("threshold").is_null()) return values("f1_score(average=" + average + ")", truth, outputs);
  if (average != "none" && average != "micro") return {};
  return by_columns("f1_score(threshold=" + params.at("threshold").text() + ")", truth, outputs, average == "micro");
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
