// Losses and metrics: a row a name, so that a name without a row fails. Values by formula, in double; gradients by finite differences.
#include "layers/losses.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "layers/metrics.h"
#include "tests/check/loss_run.h"
#include "tests/check/round_trip.h"

using namespace lehr;
using check::run_loss;

namespace {

/// Two rows of three outputs.
const std::vector<float> probabilities{0.2F, 0.5F, 0.3F, 0.7F, 0.1F, 0.2F}, scores{0.5F, -1.5F, 2, 0.3F, 0.1F, -0.4F},
    one_hot{0, 0, 1, 1, 0, 0};

struct LossRow {
  std::string name, every_field;
  std::vector<float> outputs, labels;
  double value = 0;  ///< mean over the two rows
};

double log_softmax(std::size_t row, std::size_t k) {
  double sum = 0;
  for (std::size_t j = 0; j < 3; ++j) sum += std::exp(static_cast<double>(scores[3 * row + j]));
  return static_cast<double>(scores[3 * row + k]) - std::log(sum);
}
double cosine(std::size_t row) {
  double zz = 0, yy = 0, yz = 0;
  for (std::size_t i = 3 * row; i < 3 * row + 3; ++i) {
    const double z = static_cast<double>(scores[i]), y = static_cast<double>(probabilities[i]);
    zz += z * z, yy += y * y, yz += y * z;
  }
  return yz / std::sqrt(zz * yy);
}
double binary(double p, double y) { return -(y * std::log(p) + (1 - y) * std::log(1 - p)); }

std::vector<LossRow> loss_rows() {
  const double smooth = 0.1 / 3;  // of every class, where a label keeps 0.9
  double smoothed = 0, squares = 0, absolute = 0, bce = 0, huber = 0, relative = 0, logarithmic = 0, log_cosh = 0, hinge = 0,
         squared_hinge = 0, divergence = 0, poisson = 0, focal = 0, binary_focal = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const double y = static_cast<double>(one_hot[i]), p = static_cast<double>(probabilities[i]), e = std::abs(y - p);
    smoothed -= (0.9 * y + smooth) * log_softmax(i / 3, i % 3) / 2;
    squares += e * e / 6;
    absolute += e / 6;
    huber += (e <= 0.5 ? e * e / 2 : 0.5 * e - 0.125) / 6;
    relative += 100 * std::abs(0.5 + y - p) / (0.5 + y) / 6;
    logarithmic += std::pow(std::log((1 + p) / (1 + y)), 2) / 6;
    log_cosh += std::log(std::cosh(e)) / 6;
    const double margin = 1 - (2 * y - 1) * static_cast<double>(scores[i]);
    hinge += std::max(0.0, margin) / 6;
    squared_hinge += std::pow(std::max(0.0, margin), 2) / 6;
    poisson += (p - y * std::log(p + 1e-7)) / 6;
    const double t = static_cast<double>(probabilities[5 - i]), q = 0.9 * y + smooth, b = 0.9 * y + 0.05;
    divergence += t * std::log(t / p) / 2;
    const double share = std::exp(log_softmax(i / 3, i % 3)), sigmoid = 1 / (1 + std::exp(-static_cast<double>(scores[i])));
    focal -= 0.5 * q * std::pow(1 - share, 3) * std::log(share) / 2;
    binary_focal += (0.4 * b + 0.6 * (1 - b)) * std::pow(b * (1 - sigmoid) + (1 - b) * sigmoid, 3) * binary(sigmoid, b) / 6;
    bce += binary(1 / (1 + std::exp(-static_cast<double>(scores[i]))), 0.9 * y + 0.05) / 6;
  }
  return {{"sparse_categorical_crossentropy",
           "sparse_categorical_crossentropy(true)",
           scores,
           {2, 0},
           -(log_softmax(0, 2) + log_softmax(1, 0)) / 2},
          {"categorical_crossentropy", "categorical_crossentropy(true, label_smoothing=0.1)", scores, one_hot, smoothed},
          {"binary_crossentropy", "binary_crossentropy(true, label_smoothing=0.1)", scores, one_hot, bce},
          {"mean_squared_error", "mean_squared_error", probabilities, one_hot, squares},
          {"mean_absolute_error", "mean_absolute_error", probabilities, one_hot, absolute},
          {"huber", "huber(0.5)", probabilities, one_hot, huber},
          {"mean_absolute_percentage_error", "mape", probabilities, {0.5F, 0.5F, 1.5F, 1.5F, 0.5F, 0.5F}, relative},
          {"mean_squared_logarithmic_error", "msle", probabilities, one_hot, logarithmic},
          {"log_cosh", "log_cosh", probabilities, one_hot, log_cosh},
          {"hinge", "hinge", scores, one_hot, hinge},
          {"squared_hinge", "squared_hinge", scores, one_hot, squared_hinge},
          {"categorical_hinge", "categorical_hinge", scores, {1, 0, 0, 0, 1, 0}, (1 + 2 - 0.5 + 1 + 0.3 - 0.1) / 2},
          {"kl_divergence", "kl_divergence", probabilities, {0.2F, 0.1F, 0.7F, 0.3F, 0.5F, 0.2F}, divergence},
          {"poisson", "poisson", probabilities, one_hot, poisson},
          {"cosine_similarity", "cosine_similarity", scores, probabilities, -(cosine(0) + cosine(1)) / 2},
          {"categorical_focal_crossentropy", "categorical_focal_crossentropy(0.5, 3, true, 0.1)", scores, one_hot, focal},
          {"binary_focal_crossentropy", "binary_focal_crossentropy(true, 0.4, 3, true, 0.1)", scores, one_hot, binary_focal}};
}

Loss loss_of(const std::string& text) { return SpecConvert<Loss>::from(parse_spec(text, "test")); }
SpecValue config_of(const Loss& loss) {
  return std::visit([](const auto& l) { return to_config(l); }, loss);
}

struct MetricRow {
  std::string name, text;  ///< the kind's first name, and how it is written here
  std::vector<float> labels;
  bool ids = true;
  std::vector<float> values;  ///< of the two rows of `probabilities`
};
const std::vector<MetricRow>& metric_rows() {
  static const std::vector<MetricRow> list{
      {"accuracy", "accuracy", {1, 1}, true, {1, 0}},
      {"accuracy", "categorical_accuracy", {0, 1, 0, 1, 0, 0}, false, {1, 1}},
      {"binary_accuracy", "binary_accuracy(threshold=0.4)", {0, 1, 1, 1, 1, 0}, false, {2.0F / 3, 2.0F / 3}},
      {"top_k_categorical_accuracy", "top_k_categorical_accuracy(k=2)", {2, 1}, true, {1, 0}},
      {"mean_squared_error", "mse", {0, 0, 0, 1, 1, 1}, false, {0.38F / 3, 1.54F / 3}},
      {"mean_absolute_error", "mae", {0, 0, 0, 1, 1, 1}, false, {1.0F / 3, 2.0F / 3}}};
  return list;
}

}  // namespace

TEST_CASE("losses: every name, its value, its gradient, and both ways through text and JSON") {
  const auto rows = loss_rows();
  for (const auto& names : loss_names())
    CHECK_MESSAGE(std::any_of(rows.begin(), rows.end(), [&](const LossRow& r) { return r.name == names[0]; }), names[0], " has no row");
  for (const auto& row : rows) {
    CAPTURE(row.name);
    const Loss loss = loss_of(row.every_field);
    CHECK(name_of(loss) == row.name);
    for (const auto& names : loss_names())
      if (names[0] == row.name)
        for (const auto& alias : names) CHECK(kind_of(loss_of(alias)) == kind_of(loss));
    const auto fields = std::visit([](const auto& l) { return field_docs<std::remove_cvref_t<decltype(l)>>(); }, loss);
    CHECK(check::untouched(fields, config_of(loss)).empty());
    check::round_trip(loss, SpecConvert<Loss>::from, config_of, SpecConvert<Loss>::to);

    const auto result = run_loss(loss, 2, 3, {.outputs = row.outputs, .labels = row.labels});
    CHECK(result.loss() == doctest::Approx(row.value).epsilon(1e-6));
    // Sample weights scale a row; the mean is over the rows, not over the weights.
    const auto weighted = run_loss(loss, 2, 3, {.outputs = row.outputs, .labels = row.labels, .weights = {2, 0.5F}});
    CHECK(weighted.per_sample[0] == doctest::Approx(2 * result.per_sample[0]));
    CHECK(weighted.gradient[4] == doctest::Approx(0.5 * static_cast<double>(result.gradient[4])));
    for (std::size_t i = 0; i < 6; ++i) {
      constexpr float h = 1.0F / 512;
      auto above = row.outputs, below = row.outputs;
      above[i] += h, below[i] -= h;
      const double difference = (run_loss(loss, 2, 3, {.outputs = above, .labels = row.labels}).loss() -
                                 run_loss(loss, 2, 3, {.outputs = below, .labels = row.labels}).loss()) *
                                256;
      CHECK(static_cast<double>(result.gradient[i]) == doctest::Approx(difference).epsilon(2e-3).scale(0.1));
    }
  }
  check::refused("no such loss", "huber", [] { loss_of("hubber"); });
  check::refused("a key that it has not", "label_smoothing", [] { loss_of("categorical_crossentropy(smoothing=0.1)"); });
}

TEST_CASE("metrics: every kind, its values, and the name that logs give it") {
  for (const auto& names : metric_names()) {
    CHECK_MESSAGE(std::any_of(metric_rows().begin(), metric_rows().end(), [&](const MetricRow& r) { return r.name == names[0]; }), names[0],
                  " has no row");
    for (const auto& name : names) CHECK(metric_from_spec(SpecValue::word(name)).name == name);
  }
  for (const auto& row : metric_rows()) {
    CAPTURE(row.text);
    const Loss loss = row.ids ? Loss(SparseCategoricalCrossentropy{}) : Loss(MeanSquaredError{});
    const auto result =
        run_loss(loss, 2, 3, {.outputs = probabilities, .labels = row.labels, .metric = metric_from_spec(parse_spec(row.text, "test"))});
    REQUIRE(result.metric.size() == row.values.size());
    for (std::size_t i = 0; i < row.values.size(); ++i) CHECK(result.metric[i] == doctest::Approx(row.values[i]).epsilon(1e-6));
  }
  CHECK(metric_from_spec(parse_spec("accuracy(name=hits)", "test")).name == "hits");
  CHECK(maximize("val_accuracy"));
  CHECK(!maximize("val_loss"));
  check::refused("no such metric", "accuracy", [] { metric_from_spec(SpecValue::word("acuracy")); });
  check::refused("k below one", "1", [] { metric_from_spec(parse_spec("top_k(0)", "test")); });
  check::refused("float labels wanted", "float labels", [] {
    run_loss(SparseCategoricalCrossentropy{}, 2, 3,
             {.outputs = probabilities, .labels = {1, 1}, .metric = metric_from_spec(SpecValue::word("mse"))});
  });
}
