// Metrics of a whole set's predictions beside scikit-learn's: per class, macro, weighted, micro, and one sigmoid output.
#include "tune/class_metrics.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

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

std::vector<std::pair<std::string, double>> values(const std::string& text, const Array& outputs, std::span<const std::int32_t> truth,
                                                   std::span<const std::string> names = {}, bool logits = false) {
  return lehr::class_metric_values(std::vector{metric(text)}, outputs, std::vector(truth.begin(), truth.end()), names,
                                   logits ? lehr::Scores::softmax_logits : lehr::Scores::probabilities);
}

}  // namespace

TEST_CASE("class metrics: five classes with ties and one never predicted, every average, as scikit-learn") {
  const JsonValue file = golden();
  const JsonValue& set = file.at("many");
  const auto truth = truth_of(set);
  const Array outputs = outputs_of(set, 5);
  for (const std::string name : {"precision", "recall", "specificity", "f1_score", "auc"}) {
    for (const std::string average : {"macro", "weighted", "micro"}) {
      if (name == "specificity" && average == "micro") continue;
      CAPTURE(name + average);
      const auto found = values(name + "(average=" + average + ")", outputs, truth);
      REQUIRE(found.size() == 1);
      CHECK(found[0].first == name);
      CHECK(found[0].second == doctest::Approx(set.at(name).at(average).number()).epsilon(1e-12));
    }
    const auto each = values(name + "(average=none)", outputs, truth, std::vector<std::string>{"ann", "bob"});
    REQUIRE(each.size() == 5);
    CHECK(each[0].first == name + "_ann");
    CHECK(each[3].first == name + "_3");
    for (std::size_t id = 0; id < 5; ++id)
      CHECK(each[id].second == doctest::Approx(set.at(name).at("none").at(id).number()).epsilon(1e-12));
  }
}

TEST_CASE("class metrics: one output speaks of the positive class, as scikit-learn's binary scores") {
  const JsonValue file = golden();
  const JsonValue& set = file.at("binary");
  for (const std::string name : {"precision", "recall", "specificity", "f1_score", "auc"}) {
    CAPTURE(name);
    const auto found = values(name, outputs_of(set, 1), truth_of(set));
    REQUIRE(found.size() == 1);
    CHECK(found[0].second == doctest::Approx(set.at(name).number()).epsilon(1e-12));
  }
}

TEST_CASE("class metrics: names as Keras and people write them; anything else is told") {
  CHECK(metric("F1Score").kind == lehr::ClassMetricKind::f_score);
  CHECK(metric("sensitivity").kind == lehr::ClassMetricKind::recall);
  CHECK(metric("auc(name=area)").name == "area");
  CHECK(lehr::is_class_metric(lehr::parse_spec("recall", "m")));
  CHECK_FALSE(lehr::is_class_metric(lehr::parse_spec("accuracy", "m")));
  CHECK_THROWS_AS(metric("precision(average=mean)"), lehr::Error);
  CHECK_THROWS_AS(values("auc", Array({2, 3}, lehr::DType::f32), std::vector<std::int32_t>{1}), lehr::Error);
}

TEST_CASE("class metrics: Keras's Precision, Recall, F1Score and AUC with their options, as real Keras") {
  const JsonValue sets = golden();
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/keras/class_metrics.json";
  const JsonValue keras = JsonValue::parse(lehr::read_file(file), file);
  CHECK(keras.at("rows").size() >= 30);
  for (const auto& row : keras.at("rows").elements()) {
    const std::string& text = row.at("text").string();
    CAPTURE(text);
    const JsonValue& set = sets.at(row.at("set").string());
    const auto found = values(text, outputs_of(set, row.at("set").string() == "binary" ? 1 : 5), truth_of(set));
    REQUIRE(found.size() == row.at("values").size());
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(found[i].second == doctest::Approx(row.at("values").at(i).number()).epsilon(1e-6));  // Keras counts in float32
  }
}

TEST_CASE("class metrics: outputs that are logits count as the probabilities they stand for; what is no number makes no area") {
  Array one({4, 1}, lehr::DType::f32), probabilities({4, 1}, lehr::DType::f32);
  const float z[] = {-0.2F, 0.3F, 0.6F, -3.0F};
  for (std::size_t i = 0; i < 4; ++i) {
    one.as<float>()[i] = z[i];
    probabilities.as<float>()[i] = 1 / (1 + std::exp(-z[i]));
  }
  const std::vector<std::int32_t> truth{0, 1, 0, 1};
  for (const char* name : {"precision", "recall", "auc(num_thresholds=50)"})
    CHECK(values(name, one, truth, {}, true)[0].second == values(name, probabilities, truth)[0].second);
  CHECK(values("recall", one, truth, {}, true)[0].second == 0.5);  // 0.3 is above a half once it is a probability
  one.as<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(values("auc", one, truth)[0].second));
  CHECK_NOTHROW(values("auc(curve=PR)", one, truth));
}
