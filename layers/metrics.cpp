#include "layers/metrics.h"

#include <cmath>
#include <limits>

#include "engine/spec/catalogue.h"
#include "engine/spec/names.h"

namespace lehr {

const std::vector<std::vector<std::string>>& metric_names() {
  static const std::vector<std::vector<std::string>> names{
      {"accuracy", "acc", "Accuracy", "sparse_categorical_accuracy", "categorical_accuracy"},
      {"binary_accuracy", "BinaryAccuracy"},
      {"top_k_categorical_accuracy", "TopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy", "top_k"},
      {"mean_squared_error", "mse", "MeanSquaredError"},
      {"mean_absolute_error", "mae", "MeanAbsoluteError"}};
  return names;
}

Metric metric_from_spec(const SpecValue& value) {
  const std::size_t row = find_entry(value, "metric", metric_names());
  Metric metric{.kind = static_cast<MetricKind>(row), .name = value.text};
  const bool top_k = metric.kind == MetricKind::top_k, binary = metric.kind == MetricKind::binary_accuracy;
  std::vector<std::string_view> fields{"name"};
  if (top_k || binary) fields.insert(fields.begin(), top_k ? "k" : "threshold");
  const auto given = bind_fields(value, metric_names()[row].front(), fields);
  if (top_k && given[0] != nullptr) metric.k = static_cast<int>(spec_integer(*given[0], 1, 1'000'000));
  if (binary && given[0] != nullptr) metric.threshold = spec_number(*given[0]);
  if (given.back() != nullptr) metric.name = spec_text(*given.back());
  return metric;
}

namespace {

/// The z of sigmoid(z) = p; without an end below 0 and above 1.
double logit(double p) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return p < 0 ? -infinity : (p > 1 ? infinity : std::log(p / (1 - p)));
}

}  // namespace

Value emit_metric(Planner& p, const Metric& metric, const LossOutputs& loss, Value outputs, Value labels, bool ids, std::int64_t classes) {
  const std::int64_t rows = p.count(outputs) / classes;
  const bool difference = metric.kind == MetricKind::mean_squared_error || metric.kind == MetricKind::mean_absolute_error;
  if (ids && (difference || metric.kind == MetricKind::binary_accuracy))
    throw Error({.category = Category::usage,
                 .where = "metric " + metric.name,
                 .what = "needs float labels",
                 .expected = "float labels",
                 .got = "class ids"});
  const Value values = p.tensor(metric.name + " per sample", rows, DType::f32);
  if (difference) {
    auto op = p.prepare(
        LossSpec{.kind = metric.kind == MetricKind::mean_squared_error ? LossKind::mean_squared_error : LossKind::mean_absolute_error,
                 .rows = rows,
                 .classes = classes,
                 .from_logits = false,
                 .dtype = p.dtype(outputs)});
    p.add({.name = metric.name,
           .layer = "metrics",
           .reads = {outputs, labels},
           .writes = {values},
           .run = [op, outputs, labels, values](const Binding& v, View, Stream& s) {
             op->run(v[outputs], v[labels], {}, {}, v[values], {}, s);
           }});
    return values;
  }
  // Softmax keeps the order of its logits and sigmoid(z) > 1/2 where z > 0: the scores behind the loss serve, the outputs need not be
  // computed.
  const Value z = loss.scores_are_logits ? loss.scores : outputs;
  const bool behind_outputs = loss.scores_are_logits && p.logits(outputs) == z;
  HitsSpec spec{.kind = ids ? HitKind::sparse : HitKind::categorical,
                .rows = rows,
                .classes = classes,
                .k = metric.k,
                .threshold = static_cast<float>(behind_outputs ? logit(metric.threshold) : metric.threshold),
                .dtype = p.dtype(z)};
  if (metric.kind == MetricKind::top_k) spec.kind = ids ? HitKind::sparse_top_k : HitKind::categorical_top_k;
  if (metric.kind == MetricKind::binary_accuracy || (metric.kind == MetricKind::accuracy && classes == 1)) spec.kind = HitKind::binary;
  auto op = p.prepare(spec);
  p.add({.name = metric.name,
         .layer = "metrics",
         .reads = {z, labels},
         .writes = {values},
         .run = [op, z, labels, values](const Binding& v, View, Stream& s) { op->run(v[z], v[labels], v[values], s); }});
  return values;
}

bool maximize(std::string_view monitor) {
  if (monitor.starts_with("val_")) monitor.remove_prefix(4);
  for (const char* family : {"precision", "recall", "sensitivity", "specificity", "f1", "auc"})
    if (const std::string_view name(family); monitor.size() >= name.size() && same_name(monitor.substr(0, name.size()), name)) return true;
  return monitor.find("acc") != std::string_view::npos || monitor.find("top_k") != std::string_view::npos;
}

}  // namespace lehr
