// Metrics of a whole set's predictions beside scikit-learn's: per class, macro, weighted, micro, and one sigmoid output.
#include "tune/class_metrics.h"

#include <doctest/doctest.h>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/parse.h"

namespace {

using lehr::Array;
using lehr::JsonValue;

JsonValue golden() {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/sklearn/class_metrics.json";
  return JsonValue::parse(lehr::read_file(file), file);
}

std::vector<std::int32_t> truth_of(const JsonValue& set) {
  std::vector<std::int32_t> out;
  for (const auto& id : set.at("truth").elements()) out.push_back(static_cast<std::int32_t>(id.integer()));
  return out;
}

Array outputs_of(const JsonValue& set, std::int64_t columns) {
  Array out({static_cast<std::int64_t>(set.at("outputs").size()), columns}, lehr::DType::f32);
  std::size_t i = 0;
  for (const auto& row : set.at("outputs").elements())
    if (columns == 1)
      out.as<float>()[i++] = static_cast<float>(row.number());
    else
      for (const auto& value : row.elements()) out.as<float>()[i++] = static_cast<float>(value.number());
  return out;
}

lehr::ClassMetric metric(const std::string& text) { return lehr::class_metric_from_spec(lehr::parse_spec(text, "--metrics")); }

}  // namespace

TEST_CASE("class metrics: five classes with ties and one never predicted, every average, as scikit-learn") {
  const JsonValue file = golden(), set = file.at("many");
  const auto truth = truth_of(set);
  const Array outputs = outputs_of(set, 5);
  for (const std::string name : {"precision", "recall", "specificity", "f1_score", "auc"}) {
    for (const std::string average : {"macro", "weighted", "micro"}) {
      if (name == "specificity" && average == "micro") continue;
      CAPTURE(name + average);
      const auto values = lehr::class_metric_values(metric(name + "(average=" + average + ")"), outputs, truth);
      REQUIRE(values.size() == 1);
      CHECK(values[0].first == name);
      CHECK(values[0].second == doctest::Approx(set.at(name).at(average).number()).epsilon(1e-12));
    }
    const auto each = lehr::class_metric_values(metric(name + "(average=none)"), outputs, truth, std::vector<std::string>{"ann", "bob"});
    REQUIRE(each.size() == 5);
    CHECK(each[0].first == name + "_ann");
    CHECK(each[3].first == name + "_3");
    for (std::size_t id = 0; id < 5; ++id)
      CHECK(each[id].second == doctest::Approx(set.at(name).at("none").at(id).number()).epsilon(1e-12));
  }
}

TEST_CASE("class metrics: one output speaks of the positive class, as scikit-learn's binary scores") {
  const JsonValue file = golden(), set = file.at("binary");
  for (const std::string name : {"precision", "recall", "specificity", "f1_score", "auc"}) {
    CAPTURE(name);
    const auto values = lehr::class_metric_values(metric(name), outputs_of(set, 1), truth_of(set));
    REQUIRE(values.size() == 1);
    CHECK(values[0].second == doctest::Approx(set.at(name).number()).epsilon(1e-12));
  }
}

TEST_CASE("class metrics: names as Keras and people write them; anything else is told") {
  CHECK(metric("F1Score").kind == lehr::ClassMetricKind::f1_score);
  CHECK(metric("sensitivity").kind == lehr::ClassMetricKind::recall);
  CHECK(metric("auc(name=area)").name == "area");
  CHECK(lehr::is_class_metric(lehr::parse_spec("recall", "m")));
  CHECK_FALSE(lehr::is_class_metric(lehr::parse_spec("accuracy", "m")));
  CHECK_THROWS_AS(metric("precision(average=mean)"), lehr::Error);
  CHECK_THROWS_AS(lehr::class_metric_values(metric("auc"), Array({2, 3}, lehr::DType::f32), std::vector<std::int32_t>{1}), lehr::Error);
}
