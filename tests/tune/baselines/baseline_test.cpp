// Baselines against scikit-learn's on digits, and in the place of a model.
#include "tune/baselines/baseline.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <ctime>

#include "engine/atomic_file.h"
#include "engine/data/digits.h"
#include "engine/json.h"
#include "tests/check/temporary_folder.h"
#include "tune/baselines/baseline_score.h"
#include "tune/study/cross_validation.h"

using namespace lehr;

namespace {

struct Samples {
  Array x;
  std::vector<std::int32_t> ids;
};

/// A part's digits of the first classes, bytes times `factor`.
Samples digits(const Dataset& all, std::int32_t classes, double factor) {
  const auto labels = all.label_ids();
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < labels.size(); ++row)
    if (labels[row] < classes) rows.push_back(static_cast<std::int64_t>(row));
  const Dataset some = all.take(rows);
  Samples out{.x = some.x.as_f32().reshaped({some.size(), 64}), .ids = some.label_ids()};
  for (float& v : out.x.as<float>()) v = static_cast<float>(static_cast<double>(v) * factor);
  return out;
}

JsonValue golden() {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/sklearn/baselines.json";
  return JsonValue::parse(read_file(file), file);
}

double row_distance(const Array& p, std::size_t row, const JsonValue& expected) {
  double worst = 0;
  const auto width = static_cast<std::size_t>(p.row_elements());
  REQUIRE(expected.size() == width);
  for (std::size_t c = 0; c < width; ++c)
    worst = std::max(worst, std::abs(static_cast<double>(p.as<float>()[row * width + c]) - expected.at(c).number()));
  return worst;
}

std::int64_t top(const Array& p, std::size_t row) {
  const auto values = p.as<float>().subspan(row * static_cast<std::size_t>(p.row_elements()), static_cast<std::size_t>(p.row_elements()));
  return std::max_element(values.begin(), values.end()) - values.begin();
}

}  // namespace

TEST_CASE("knn: scikit-learn's KNeighborsClassifier on digits") {
  const JsonValue expected = golden();
  const DataSplits parts = load_digits();
  const Samples train = digits(*parts.train, 10, 1), test = digits(*parts.test, 10, 1);
  double pixels = 0;
  for (const auto* part : {&train, &test})
    for (const float v : part->x.as<float>()) pixels += static_cast<double>(v);
  REQUIRE(pixels == expected.at("pixels").number());  // the same digits
  for (const auto& one : expected.at("knn").elements()) {
    const Knn knn{.n_neighbors = static_cast<int>(one.at("k").integer()),
                  .weights = SpecConvert<NeighborWeights>::from(SpecValue::word(one.at("weights").string()))};
    CAPTURE(knn.n_neighbors);
    const Array p = train_classifier(knn, train.x, train.ids, 10)->predict(test.x, 2);
    std::vector<bool> tied(test.ids.size());
    for (const auto& row : one.at("tied").elements()) tied[static_cast<std::size_t>(row.integer())] = true;
    double right = 0;
    std::int64_t ties = 0;
    for (std::size_t row = 0; row < tied.size(); ++row) {
      right += top(p, row) == test.ids[row] ? 1 : 0;
      ties += tied[row] ? 1 : 0;
      if (!tied[row]) CHECK(row_distance(p, row, one.at("probabilities").at(row)) < 1e-6);
    }
    CHECK(std::abs(right / 297 - one.at("accuracy").number()) * 297 <= static_cast<double>(ties) + 0.5);
    CHECK(right / 297 > 0.93);
  }
}

TEST_CASE("logistic_regression: scikit-learn's optimum on digits, two classes too, for any number of threads") {
  const JsonValue expected = golden();
  for (const auto& one : expected.at("logistic").elements()) {
    const auto classes = static_cast<std::int32_t>(one.at("classes").integer());
    CAPTURE(one.at("C").number());
    CAPTURE(classes);
    const DataSplits parts = load_digits();
    const Samples train = digits(*parts.train, classes, 1.0 / 255), test = digits(*parts.test, classes, 1.0 / 255);
    const LogisticRegression regression{.C = one.at("C").number(), .tol = 1e-9};
    const Array p = train_classifier(regression, train.x, train.ids, classes, 1)->predict(test.x, 1);
    const Array usual = train_classifier(LogisticRegression{.C = regression.C}, train.x, train.ids, classes, 2)->predict(test.x, 2);
    REQUIRE(one.at("default").size() == test.ids.size());
    double worst = 0, right = 0, other = 0;
    for (std::size_t row = 0; row < test.ids.size(); ++row) {
      worst = std::max(worst, row_distance(p, row, one.at("probabilities").at(row)));
      right += top(usual, row) == test.ids[row] ? 1 : 0;
      other += top(usual, row) != one.at("default").at(row).integer() ? 1 : 0;
    }
    CHECK(worst < 2e-5);  // SciPy's L-BFGS ends where the objective's last digits do
    // By default scikit-learn stops after 100 steps, before the optimum where the penalty is small.
    CHECK(other <= (regression.C > 1 ? 5 : 0));
    CHECK(std::abs(right / static_cast<double>(test.ids.size()) - one.at("accuracy").number()) < 0.01);
  }
  const Samples train = digits(*load_digits().train, 10, 1.0 / 255);
  const Array one = train_classifier(LogisticRegression{}, train.x, train.ids, 10, 1)->predict(train.x, 1);
  const Array two = train_classifier(LogisticRegression{}, train.x, train.ids, 10, 2)->predict(train.x, 2);
  CHECK(std::equal(one.as<float>().begin(), one.as<float>().end(), two.as<float>().begin()));
}

TEST_CASE("logistic_regression: one thread is one core's work") {
  const auto processor_seconds = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };  // of all threads
  const Samples train = digits(*load_digits().train, 10, 1.0 / 255);
  const auto begin = std::chrono::steady_clock::now();
  const double used = processor_seconds();
  train_classifier(LogisticRegression{.tol = 1e-9}, train.x, train.ids, 10, 1);
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  CHECK(processor_seconds() - used < 1.2 * wall + 0.05);  // the share falls on a busy machine, and never rises
}

TEST_CASE("baselines: which texts name one, and what is refused") {
  CHECK(std::get<Knn>(baseline_from("knn(3, weights=distance)").value()) == Knn{.n_neighbors = 3, .weights = NeighborWeights::distance});
  CHECK(std::get<LogisticRegression>(baseline_from("LogisticRegression(C=0.5)").value()).C == 0.5);
  CHECK(baseline_from("logistic_regression").has_value());
  CHECK(!baseline_from("flatten | dense(10, softmax)").has_value());
  CHECK(!baseline_from("runs/knn").has_value());
  CHECK_THROWS_AS(baseline_from("knn(0)"), Error);
  CHECK_THROWS_AS(baseline_from("logistic_regression(C=-1)"), Error);
  const Samples few = digits(load_digits().train->rows(0, 4), 10, 1);
  CHECK_THROWS_AS(train_classifier(Knn{}, few.x, few.ids, 10), Error);
  const Dataset all = load_digits().train.value();
  CHECK_THROWS_AS(score_baseline(Knn{}, {.metrics = {"mse"}}, all, all), Error);
  Dataset values = all.rows(0, 20);
  values.y = Array({20, 1}, DType::f32);
  values.class_names = {};
  CHECK_THROWS_AS(score_baseline(Knn{}, {}, values, values), Error);
}

TEST_CASE("baselines: scored by loss, accuracy and what --metrics names, on scaled inputs") {
  const DataSplits parts = load_digits();
  const Dataset &train = *parts.train, &test = *parts.test;
  const BaselineScore knn = score_baseline(Knn{}, {.metrics = {"accuracy", "recall"}}, train, test);
  REQUIRE(knn.evaluation.values.size() == 3);
  CHECK(knn.evaluation.value("accuracy") > 0.93);
  CHECK(knn.evaluation.value("recall") == doctest::Approx(knn.evaluation.value("accuracy")).epsilon(0.01));
  CHECK(knn.parameters == 1200 * 64);
  const BaselineScore scaled = score_baseline(LogisticRegression{}, {.scale_features = "standard"}, train, test);
  const BaselineScore plain = score_baseline(LogisticRegression{}, {}, train, test);
  CHECK(scaled.evaluation.value("loss") != plain.evaluation.value("loss"));
  CHECK(plain.parameters == 650);
}

TEST_CASE("baselines: where a model stands in cross-validation and in a search") {
  const TemporaryFolder folder;
  const CrossValidationResult folds =
      cross_validate({.settings = {{.flag = "model", .values = {"knn(3)"}}, {.flag = "data", .values = {"digits"}}}, .folds = 3});
  CHECK(folds.mean.at(1).first == "accuracy");
  CHECK(folds.mean.at(1).second.mean > 0.95);
  TuneJob job{.settings = {{.flag = "model", .values = {"knn(k:choice(1, 5, 100))"}}, {.flag = "data", .values = {"digits"}}},
              .objectives = {"val_accuracy"},
              .oracle = "grid",
              .study = "k",
              .storage = "sqlite:///" + folder / "s.db",
              .folder = folder / "trials"};
  const TuneResult r = run_tune(job);
  REQUIRE(r.trials.size() == 3);
  REQUIRE(r.best != nullptr);
  CHECK(r.best->values[0] > 0.9);
  CHECK(r.space.json(r.best->params).at("k").integer() < 100);
  FitJob fit{.model = "knn(5)", .data = "digits", .run = folder / "run"};
  CHECK_THROWS_WITH_AS(run_fit_job(fit), doctest::Contains("lehr cross-validate"), Error);
}
