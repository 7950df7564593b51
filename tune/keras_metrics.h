// keras_metrics.h: metrics as Keras's objects, both ways.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/json.h"
#include "tune/metric_list.h"

namespace lehr {

struct KerasMetric {
  std::string class_name = {};  ///< "TopKCategoricalAccuracy"; empty where a word says it all
  JsonValue config = {};        ///< its arguments; else the word
};

/// What the metrics of a compile_config are here. Keras's own reading of its class metrics: every entry of the outputs a yes or no of its own.
/// Each is read through `reader`, which may catch what reading it throws. `weighted`: those of weighted_metrics.
using MetricReader = std::function<void(const JsonValue& metric, const std::function<void()>& read)>;
MetricList metrics_from_keras(const JsonValue& json, const JsonValue& weighted, const MetricReader& reader);
/// What a serialized object goes by: a word, a class, or, as {"class_name": "function", "config": "mse"}, a function.
std::string keras_name(const JsonValue& json);
/// `accuracy` is named by the loss where a word does not do.
KerasMetric keras_metric(const Metric& metric, const Loss& loss);
/// Where one of Keras's classes means the same by labels that are one-hot rows, or by one output; how many thresholds its AUC has apart.
std::optional<KerasMetric> keras_metric(const ClassMetric& metric, bool one_output);

}  // namespace lehr
