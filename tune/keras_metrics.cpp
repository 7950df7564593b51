#include "tune/keras_metrics.h"

#include <algorithm>
#include <array>

namespace lehr {

namespace {

bool has_config(const JsonValue& json) { return json.is_object() && json.at("config").is_object(); }

[[noreturn]] void refuse(const std::string& key, const JsonValue& value, const char* expected) {
  throw Error({.category = Category::data, .what = key + " = " + value.text() + " is not supported", .expected = expected});
}

/// What would change the numbers, and nobody here counts.
void check_key(const std::string& key, const JsonValue& value) {
  if (key == "label_weights") refuse(key, value, "null");
  if (key == "from_logits" && value.kind() == JsonValue::Kind::boolean && value.boolean()) refuse(key, value, "false");
  const bool listed = value.is_array() && value.size() == 1 && value.at(std::size_t{0}).is_number();
  if ((key == "thresholds" || key == "threshold") && !value.is_number() && !listed) refuse(key, value, "one threshold, or num_thresholds");
}

ClassMetric class_metric_of(const JsonValue& json) {
  SpecValue call = SpecValue::call(keras_name(json));
  std::string name = call.text;
  bool threshold = false, multi_label = false;
  if (has_config(json))
    for (const auto& [key, value] : json.at("config").members()) {
      if (key == "name") name = value.string();
      multi_label = multi_label || (key == "multi_label" && value.boolean());
      if (value.is_null()) continue;
      check_key(key, value);
      if (key == "beta") call.keywords.push_back({.name = key, .value = SpecValue::of(value.number())});
      const bool number = value.is_number() && (key == "top_k" || key == "class_id" || key == "num_thresholds");
      if (number) call.keywords.push_back({.name = key, .value = SpecValue::of(value.integer())});
      if (key == "curve" || key == "average" || key == "summation_method")
        call.keywords.push_back({.name = key, .value = SpecValue::word(value.string())});
      if (key == "thresholds" || key == "threshold") {
        const JsonValue& first = value.is_array() ? value.at(0) : value;
        call.keywords.push_back({.name = key, .value = SpecValue::of(first.number())});
        threshold = true;
      }
      threshold = threshold || key == "top_k";
    }
  ClassMetric metric = class_metric_from_spec(call);
  metric.name = name;
  const bool counted = metric.kind == ClassMetricKind::precision || metric.kind == ClassMetricKind::recall;
  if (counted && !threshold) metric.threshold = 0.5;
  if (metric.kind == ClassMetricKind::auc && !metric.num_thresholds) metric.num_thresholds = 200;
  if (multi_label) metric.average = ClassAverage::macro;
  if (metric.kind == ClassMetricKind::f_score && metric.average == ClassAverage::automatic) metric.average = ClassAverage::none;
  return metric;
}

void add_metric(const JsonValue& json, MetricList& out) {
  SpecValue call = SpecValue::call(keras_name(json));
  if (is_class_metric(call)) {
    out.class_metrics.push_back(class_metric_of(json));
    return;
  }
  std::string name = call.text;
  if (has_config(json))
    for (const auto& [key, value] : json.at("config").members()) {
      if (key == "name") name = value.string();
      if (key == "threshold" && value.is_number()) call.keywords.push_back({.name = key, .value = SpecValue::of(value.number())});
      if (key == "k") call.keywords.push_back({.name = key, .value = SpecValue::of(value.integer())});
    }
  Metric metric = metric_from_spec(call);
  metric.name = name;
  out.metrics.push_back(std::move(metric));
}

/// Keras allows lists of lists, and dictionaries by outputs.
void add_metrics(const JsonValue& json, MetricList& out, const MetricReader& reader) {
  if (json.is_null()) return;
  if (json.is_array()) {
    for (const auto& element : json.elements()) add_metrics(element, out, reader);
  } else if (json.is_object() && json.find("class_name") == nullptr) {
    for (const auto& [output, metrics] : json.members()) add_metrics(metrics, out, reader);
  } else {
    reader(json, [&] { add_metric(json, out); });
  }
}

/// What Keras knows by this word and logs under it.
constexpr std::array keras_words{"accuracy",           "acc", "sparse_categorical_accuracy", "categorical_accuracy",
                                 "binary_accuracy",    "mse", "mean_squared_error",          "mae",
                                 "mean_absolute_error"};

const char* class_of(MetricKind kind, const Loss& loss) {
  const bool ids = takes_ids(loss);
  switch (kind) {
    case MetricKind::top_k:
      return ids ? "SparseTopKCategoricalAccuracy" : "TopKCategoricalAccuracy";
    case MetricKind::binary_accuracy:
      return "BinaryAccuracy";
    case MetricKind::mean_squared_error:
      return "MeanSquaredError";
    case MetricKind::mean_absolute_error:
      return "MeanAbsoluteError";
    default:
      if (ids) return "SparseCategoricalAccuracy";
      return is_binary(loss) ? "BinaryAccuracy" : "CategoricalAccuracy";
  }
}

KerasMetric f_score(const ClassMetric& metric, bool one_output) {
  // Without a threshold Keras takes the largest output, which of one is always it; and its average of none is a list.
  std::optional<double> threshold = metric.threshold;
  if (one_output && !threshold) threshold = 0.5;
  const ClassAverage average = one_output ? ClassAverage::micro : metric.averaged();
  const JsonValue written = average == ClassAverage::none ? JsonValue() : JsonValue(SpecConvert<ClassAverage>::to(average).text);
  JsonValue config = JsonValue::object({{"name", metric.name}, {"average", written}, {"threshold", threshold}});
  if (metric.beta == 1) return {.class_name = "F1Score", .config = std::move(config)};
  config.append("beta", metric.beta);
  return {.class_name = "FBetaScore", .config = std::move(config)};
}

std::optional<KerasMetric> auc(const ClassMetric& metric, bool one_output) {
  const ClassAverage average = metric.averaged();
  if (!one_output && average != ClassAverage::micro && average != ClassAverage::macro) return {};
  JsonValue config = JsonValue::object({{"name", metric.name},
                                        {"num_thresholds", metric.num_thresholds.value_or(200)},
                                        {"curve", SpecConvert<Curve>::to(metric.curve).text}});
  if (metric.summation != Summation::interpolation) config.append("summation_method", SpecConvert<Summation>::to(metric.summation).text);
  if (!one_output && average == ClassAverage::macro) config.append("multi_label", true);
  return KerasMetric{.class_name = "AUC", .config = std::move(config)};
}

}  // namespace

std::string keras_name(const JsonValue& json) {
  if (json.is_string()) return json.string();
  const JsonValue *name = json.is_object() ? json.find("class_name") : nullptr, *config = json.is_object() ? json.find("config") : nullptr;
  if (name == nullptr || !name->is_string()) return json.text();
  return config != nullptr && config->is_string() ? config->string() : name->string();
}

MetricList metrics_from_keras(const JsonValue& json, const JsonValue& weighted, const MetricReader& reader) {
  MetricList out, own;
  add_metrics(json, out, reader);
  add_metrics(weighted, own, reader);
  out.add_weighted(std::move(own));
  return out;
}

KerasMetric keras_metric(const Metric& metric, const Loss& loss) {
  if (metric.kind == MetricKind::top_k)
    return {.class_name = class_of(metric.kind, loss), .config = JsonValue::object({{"name", metric.name}, {"k", metric.k}})};
  if (metric.kind == MetricKind::binary_accuracy && metric.threshold != Metric{}.threshold)
    return {.class_name = class_of(metric.kind, loss),
            .config = JsonValue::object({{"name", metric.name}, {"threshold", metric.threshold}})};
  if (std::find(keras_words.begin(), keras_words.end(), metric.name) != keras_words.end()) return {.config = metric.name};
  return {.class_name = class_of(metric.kind, loss), .config = JsonValue::object({{"name", metric.name}})};
}

std::optional<KerasMetric> keras_metric(const ClassMetric& metric, bool one_output) {
  switch (metric.kind) {
    case ClassMetricKind::specificity:
      return {};
    case ClassMetricKind::f_score:
      return f_score(metric, one_output);
    case ClassMetricKind::auc:
      return auc(metric, one_output);
    default:
      if (!one_output && (!metric.by_entries() || metric.averaged() != ClassAverage::micro)) return {};
      return KerasMetric{
          .class_name = metric.kind == ClassMetricKind::precision ? "Precision" : "Recall",
          .config = JsonValue::object(
              {{"name", metric.name}, {"thresholds", metric.threshold}, {"top_k", metric.top_k}, {"class_id", metric.class_id}})};
  }
}

}  // namespace lehr
