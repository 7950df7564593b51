// metrics.h: what an epoch reports beside the loss.
#pragma once

#include <string>
#include <vector>

#include "engine/planner.h"
#include "engine/spec/convert.h"
#include "kernels/metrics.h"
#include "layers/losses.h"

namespace lehr {

/// `accuracy` becomes sparse, categorical or binary by the labels and outputs, as in Keras; binary_accuracy takes every output for a yes or no.
enum class MetricKind : std::uint8_t { accuracy, binary_accuracy, top_k, mean_squared_error, mean_absolute_error };

struct Metric {
  MetricKind kind = MetricKind::accuracy;
  int k = 5;                      ///< of top_k
  double threshold = 0.5;         ///< of binary_accuracy: a probability
  std::string name = "accuracy";  ///< in logs: as the user wrote it
  bool weighted = false;          ///< a row counts by its sample weight: Keras's weighted_metrics
  friend bool operator==(const Metric&, const Metric&) = default;
};
inline Metric Accuracy() { return {}; }
inline Metric TopKCategoricalAccuracy(int k = 5) { return {.kind = MetricKind::top_k, .k = k, .name = "top_k_categorical_accuracy"}; }

/// `accuracy`, `acc`, `sparse_categorical_accuracy`, `categorical_accuracy`, `binary_accuracy(threshold=0.5)`, `top_k_categorical_accuracy(k=5)`,
/// `sparse_top_k_categorical_accuracy(k=5)`, `mse`, `mae`. Throws Error{usage} that lists them.
Metric metric_from_spec(const SpecValue& value);
const std::vector<std::vector<std::string>>& metric_names();  ///< a row a kind, in MetricKind's order

/// Emits per-sample values [n] f32 of the metric.
Value emit_metric(Planner& planner, const Metric& metric, const LossOutputs& loss, Value outputs, Value labels, bool ids,
                  std::int64_t classes);
bool maximize(std::string_view monitor);  ///< accuracy families, precision, recall, F1, AUC up, losses down; takes `val_` names too

}  // namespace lehr
