// class_metrics.h: precision, recall, specificity, F-scores and AUC: metrics that need all predictions of an epoch or a set.
//   precision  TP / (TP + FP)      recall, sensitivity  TP / (TP + FN)      specificity  TN / (TN + FP)      f1_score  2 TP / (2 TP + FP + FN)
//   fbeta_score  (1 + b^2) TP / ((1 + b^2) TP + FP + b^2 FN)
//   auc        area under the ROC curve: the share of pairs (one of the class, one not) that its probability orders rightly, ties half
// As scikit-learn: each class against the rest, the predicted class is the largest output, averages are macro unless said otherwise; exact.
// Where a row may have several classes (labels are a table of 0 and 1), every output above a half says yes, as in Keras's reading; F-scores
// without a threshold keep to the largest output, as Keras's do.
// As Keras, once a key of Keras's is given (thresholds, top_k, class_id, threshold, num_thresholds, curve): every entry of the table of
// outputs is a yes or no of its own, averages are micro unless said otherwise; auc by num_thresholds steps. Of one output both are the same,
// but for the steps. A ratio over nothing is 0.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/array.h"
#include "engine/spec/catalogue.h"
#include "tune/class_truth.h"
#include "tune/roc.h"

namespace lehr {

enum class ClassMetricKind : std::uint8_t { precision, recall, specificity, f_score, auc };
/// macro: plain mean over the classes that occur in truth or predictions (auc: in the truth; of Keras's reading: over all); weighted: by the
/// truth's counts; micro: of all counts together; none: a value a class. One output has one class, the positive one, and no average.
enum class ClassAverage : std::uint8_t { automatic, macro, weighted, micro, none };
template <>
struct SpecEnum<ClassAverage> {
  static constexpr std::pair<std::string_view, ClassAverage> names[] = {{"auto", ClassAverage::automatic},
                                                                        {"macro", ClassAverage::macro},
                                                                        {"weighted", ClassAverage::weighted},
                                                                        {"micro", ClassAverage::micro},
                                                                        {"none", ClassAverage::none}};
};
enum class Curve : std::uint8_t { roc, pr };
template <>
struct SpecEnum<Curve> {
  static constexpr std::pair<std::string_view, Curve> names[] = {{"ROC", Curve::roc}, {"PR", Curve::pr}};
};

template <>
struct SpecEnum<Summation> {
  static constexpr std::pair<std::string_view, Summation> names[] = {
      {"interpolation", Summation::interpolation}, {"majoring", Summation::majoring}, {"minoring", Summation::minoring}};
};

namespace metrics {

constexpr SpecInfo counted_info(ClassMetricKind kind) {
  if (kind == ClassMetricKind::precision)
    return {.name = "precision",
            .class_name = "Precision",
            .summary = "share of a class's predictions that are right",
            .formula = "TP / (TP + FP)"};
  if (kind == ClassMetricKind::recall)
    return {
        .name = "recall", .class_name = "Recall", .summary = "share of a class that is found: sensitivity", .formula = "TP / (TP + FN)"};
  return {.name = "specificity", .class_name = {}, .summary = "share of the others that is left alone", .formula = "TN / (TN + FP)"};
}

/// The fields are those of Keras's Precision and Recall, and an average.
template <ClassMetricKind K>
struct Counted {
  static constexpr SpecInfo info = counted_info(K);
  std::optional<double> thresholds = {};
  std::optional<int> top_k = {}, class_id = {};
  std::optional<std::string> name = {};
  ClassAverage average = ClassAverage::automatic;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("thresholds", self.thresholds, "an output above it says yes, as Keras counts (0.5 with class_id)");
    f("top_k", self.top_k, "only a row's k largest outputs may say yes");
    f("class_id", self.class_id, "only this class");
    f("name", self.name, "in logs");
    f("average", self.average, "macro, weighted, micro, or a value a class");
  }
};
using Precision = Counted<ClassMetricKind::precision>;
using Recall = Counted<ClassMetricKind::recall>;
using Specificity = Counted<ClassMetricKind::specificity>;

struct F1Score {
  static constexpr SpecInfo info{.name = "f1_score",
                                 .class_name = "F1Score",
                                 .summary = "harmonic mean of precision and recall",
                                 .formula = "2 TP / (2 TP + FP + FN)"};
  ClassAverage average = ClassAverage::automatic;
  std::optional<double> threshold = {};
  std::optional<std::string> name = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("average", self.average, "macro, weighted, micro, or a value a class");
    f("threshold", self.threshold, "an output above it says yes, as Keras counts; none: the largest output does");
    f("name", self.name, "in logs");
  }
};
struct FBetaScore {
  static constexpr SpecInfo info{.name = "fbeta_score",
                                 .class_name = "FBetaScore",
                                 .summary = "weighted harmonic mean of precision and recall",
                                 .formula = "(1 + beta^2) TP / ((1 + beta^2) TP + FP + beta^2 FN)"};
  ClassAverage average = ClassAverage::automatic;
  double beta = 1;
  std::optional<double> threshold = {};
  std::optional<std::string> name = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("average", self.average, "macro, weighted, micro, or a value a class");
    f("beta", self.beta, "how many times as much recall counts as precision; above 0");
    f("threshold", self.threshold, "an output above it says yes, as Keras counts; none: the largest output does");
    f("name", self.name, "in logs");
  }
};
struct AUC {
  static constexpr SpecInfo info{.name = "auc",
                                 .class_name = "AUC",
                                 .summary = "area under the ROC curve, exact; under a curve of num_thresholds points, as Keras's",
                                 .formula = "share of pairs that the outputs order rightly, ties half"};
  std::optional<int> num_thresholds = {};
  Curve curve = Curve::roc;
  Summation summation_method = Summation::interpolation;
  std::optional<std::string> name = {};
  ClassAverage average = ClassAverage::automatic;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("num_thresholds", self.num_thresholds, "points of the curve, as Keras's 200; none: every output is one");
    f("curve", self.curve, "of PR num_thresholds is 200 unless given");
    f("summation_method", self.summation_method, "between two points the higher or the lower of them; num_thresholds is 200 unless given");
    f("name", self.name, "in logs");
    f("average", self.average, "macro (Keras's multi_label=true), weighted, micro, or a value a class");
  }
};

}  // namespace metrics

struct ClassMetric {
  template <ClassMetricKind K>
  ClassMetric(const metrics::Counted<K>& m)  // NOLINT(google-explicit-constructor)
      : kind(K),
        name(m.name.value_or(std::string(m.info.name))),
        average(m.average),
        threshold(m.thresholds),
        top_k(m.top_k),
        class_id(m.class_id) {}
  ClassMetric(const metrics::F1Score& m);     // NOLINT(google-explicit-constructor)
  ClassMetric(const metrics::FBetaScore& m);  // NOLINT(google-explicit-constructor)
  ClassMetric(const metrics::AUC& m);         // NOLINT(google-explicit-constructor)

  ClassMetricKind kind = ClassMetricKind::precision;
  std::string name = {};  ///< in logs: as the user wrote it
  bool weighted = false;  ///< a row counts by its weight in the truth: Keras's weighted_metrics
  ClassAverage average = ClassAverage::automatic;
  std::optional<double> threshold = {};
  std::optional<int> top_k = {}, class_id = {}, num_thresholds = {};
  Curve curve = Curve::roc;
  Summation summation = Summation::interpolation;
  double beta = 1;                                                                      ///< of an F-score
  bool by_entries() const { return threshold || top_k || class_id || num_thresholds; }  ///< Keras's reading
  ClassAverage averaged() const;                                                        ///< with what automatic stands for
};

/// `precision`, `recall(average=weighted)`, `sensitivity`, `specificity`, `f1_score`, `fbeta_score`, `auc`. Error{usage} lists them.
const Catalogue<ClassMetric>& class_metric_catalogue();
ClassMetric class_metric_from_spec(const SpecValue& value);
bool is_class_metric(const SpecValue& value);

/// With average=none one name a class: name_class. `columns`: outputs of the network. Error{usage} where they have no such class or top_k.
std::vector<std::string> class_metric_names(const ClassMetric& metric, std::int64_t columns, std::span<const std::string> class_names = {});
/// What outputs are: probabilities, or what a softmax or sigmoid, which is then applied here, makes probabilities of.
enum class Scores : std::uint8_t { probabilities, softmax_logits, sigmoid_logits };

/// outputs: f32 (n, classes), or (n, 1) of the positive class. truth: of n rows. In the order of the metrics and of their names.
std::vector<std::pair<std::string, double>> class_metric_values(std::span<const ClassMetric> metrics, Array outputs,
                                                                const ClassTruth& truth, std::span<const std::string> class_names = {},
                                                                Scores scores = Scores::probabilities);

}  // namespace lehr
