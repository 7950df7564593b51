// keras_metric_code.h: a run's metrics as Python for Keras. Keras has precision and recall only of all outputs together, no specificity, and no
// such metric of ids: what it lacks is written out, to the same numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layers/losses.h"
#include "layers/metrics.h"
#include "tune/class_metrics.h"

namespace lehr {

struct KerasMetricCode {
  std::string definitions = {};  ///< of classes and functions that the list uses; empty where Keras has all
  std::string list = {};         ///< between the brackets of compile(metrics=[...])
  std::string weighted = {};     ///< and of weighted_metrics=[...]
};
KerasMetricCode keras_metric_code(const std::vector<Metric>& metrics, const std::vector<ClassMetric>& class_metrics, const Loss& loss,
                                  std::int64_t outputs);

}  // namespace lehr
