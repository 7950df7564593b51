// class_metrics.h: precision, recall, specificity, F1 and AUC of a whole set's predictions, as scikit-learn computes them.
//   precision  TP / (TP + FP)      recall, sensitivity  TP / (TP + FN)      specificity  TN / (TN + FP)      f1_score  2 TP / (2 TP + FP + FN)
//   auc        area under the ROC curve: the share of pairs (one of the class, one not) that its probability orders rightly, ties half
// Each class against the rest. A ratio over nothing is 0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/array.h"
#include "engine/spec/value.h"

namespace lehr {

enum class ClassMetricKind : std::uint8_t { precision, recall, specificity, f1_score, auc };
/// macro: plain mean over the classes that occur in truth or predictions (auc: in the truth); weighted: by the truth's counts; micro: of all
/// counts together; none: a value a class. One output has one class, the positive one, and no average.
enum class ClassAverage : std::uint8_t { macro, weighted, micro, none };

struct ClassMetric {
  ClassMetricKind kind = ClassMetricKind::precision;
  ClassAverage average = ClassAverage::macro;
  std::string name = "precision";  ///< as the user wrote it
};

/// `precision`, `recall(average=weighted)`, `sensitivity`, `specificity`, `f1_score`, `auc`. Error{usage} lists them.
ClassMetric class_metric_from_spec(const SpecValue& value);
bool is_class_metric(const SpecValue& value);

/// outputs: f32 (n, classes) probabilities, or (n, 1) of the positive class; truth: n ids. With average=none one pair a class: name_class.
std::vector<std::pair<std::string, double>> class_metric_values(const ClassMetric& metric, const Array& outputs,
                                                                std::span<const std::int32_t> truth,
                                                                std::span<const std::string> class_names = {});

}  // namespace lehr
