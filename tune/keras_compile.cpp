#include "tune/keras_compile.h"

#include <algorithm>
#include <array>

#include "engine/json.h"
#include "engine/spec/json.h"
#include "optim/catalogue.h"

namespace lehr {

namespace {

/// A key of Keras's that has no field here: harmless where it is off, or where it only names.
bool harmless(const std::string& key, const JsonValue& value) {
  if (value.is_null()) return true;
  if (value.kind() == JsonValue::Kind::boolean) return !value.boolean();
  if (key == "name" || key == "dtype" || key == "ema_momentum" || key == "fn") return true;
  if (key == "reduction") return value.is_string() && (value.string() == "sum_over_batch_size" || value.string() == "auto");
  if (key == "axis") return value.is_number() && value.number() == -1;
  return key == "loss_scale_factor" && value.is_number() && value.number() == 1;
}

/// The object without the keys that are no fields of ours.
JsonValue cut(const JsonValue& object, const std::vector<FieldDoc>& fields, const std::string& where) {
  JsonValue config = JsonValue::object();
  for (const auto& [key, value] : object.at("config").members()) {
    if (std::any_of(fields.begin(), fields.end(), [&](const FieldDoc& f) { return f.name == key; })) {
      const bool nested = value.find("class_name") != nullptr && value.find("config") != nullptr;
      if (!nested) {
        config.append(key, value);
        continue;
      }
      JsonValue inner = JsonValue::object();  // a schedule: its name means nothing here
      for (const auto& [k, v] : value.at("config").members())
        if (k != "name") inner.append(k, v);
      config.append(key, JsonValue::object({{"class_name", value.at("class_name")}, {"config", inner}}));
    } else if (!harmless(key, value)) {
      throw Error({.category = Category::data,
                   .where = where,
                   .what = key + " = " + value.text() + " of Keras's " + object.at("class_name").string() + " is not supported",
                   .hint = "Give --optimizer, --loss or --metrics instead of the file's."});
    }
  }
  return JsonValue::object({{"class_name", object.at("class_name")}, {"config", config}});
}

Optimizer optimizer_of(const JsonValue& json, const std::string& source) {
  const std::string where = source + ", optimizer";
  if (json.is_string()) return optimizer_catalogue().from(SpecValue::call(json.string()));
  const auto* entry = optimizer_catalogue().find(json.at("class_name").string());
  if (entry == nullptr) {
    std::string known;
    for (const auto& name : optimizer_catalogue().names()) known += (known.empty() ? "" : ", ") + name;
    throw Error({.category = Category::data,
                 .where = where,
                 .what = "there is no such optimizer here",
                 .expected = known,
                 .got = json.at("class_name").string(),
                 .hint = "Start a fresh one with --optimizer."});
  }
  return optimizer_catalogue().from(spec_from_json(cut(json, entry->fields(), where), where));
}

Loss loss_of(const JsonValue& json, const std::string& source) {
  const std::string where = source + ", loss";
  if (json.is_string()) return SpecConvert<Loss>::from(SpecValue::call(json.string()));
  // Which fields a loss has, it says itself: of a bare one.
  const Loss bare = SpecConvert<Loss>::from(SpecValue::call(json.at("class_name").string()));
  const auto fields = std::visit([](const auto& l) { return field_docs<std::decay_t<decltype(l)>>(); }, bare);
  return SpecConvert<Loss>::from(spec_from_json(cut(json, fields, where), where));
}

/// Which of Keras's metrics ask for all predictions, and with what meaning: every entry of the outputs a yes or no of its own.
ClassMetric class_metric_of(const JsonValue& json) {
  SpecValue call = SpecValue::call(json.is_string() ? json.string() : json.at("class_name").string());
  std::string name = call.text;
  bool threshold = false, multi_label = false;
  if (json.is_object())
    for (const auto& [key, value] : json.at("config").members()) {
      if (key == "name") name = value.string();
      multi_label = multi_label || (key == "multi_label" && value.boolean());
      if (value.is_null()) continue;
      const bool number = value.is_number() && (key == "top_k" || key == "class_id" || key == "num_thresholds");
      if (number) call.keywords.push_back({.name = key, .value = SpecValue::of(value.integer())});
      if (key == "curve" || key == "average") call.keywords.push_back({.name = key, .value = SpecValue::word(value.string())});
      if (key == "thresholds" || key == "threshold") {
        const JsonValue& first = value.is_array() ? value.at(0) : value;
        if (!first.is_number() || (value.is_array() && value.size() != 1)) continue;
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
  if (metric.kind == ClassMetricKind::f1_score && metric.average == ClassAverage::automatic) metric.average = ClassAverage::none;
  return metric;
}

void collect_metrics(const JsonValue& json, const std::string& source, Compiled& out) {
  if (json.is_null()) return;
  if (json.is_array()) {
    for (const auto& element : json.elements()) collect_metrics(element, source, out);
    return;
  }
  SpecValue call = SpecValue::call(json.is_string() ? json.string() : json.at("class_name").string());
  if (is_class_metric(call)) {
    out.class_metrics.push_back(class_metric_of(json));
    return;
  }
  std::string name = call.text;
  if (json.is_object())
    for (const auto& [key, value] : json.at("config").members()) {
      if (key == "name") name = value.string();
      if (key == "k") call.keywords.push_back({.name = key, .value = SpecValue::of(value.integer())});
    }
  Metric metric = metric_from_spec(call);
  metric.name = name;
  out.metrics->push_back(std::move(metric));
}

/// As keras.saving.serialize_keras_object writes it.
JsonValue keras_object(const JsonValue& object, const char* module) {
  return JsonValue::object(
      {{"module", module}, {"class_name", object.at("class_name")}, {"config", object.at("config")}, {"registered_name", nullptr}});
}

constexpr std::array keras_optimizers{"SGD",       "RMSprop", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax",
                                      "Adafactor", "Nadam",   "Ftrl", "Lion",  "Lamb",     "Muon"};
constexpr std::array keras_schedules{"ExponentialDecay", "PiecewiseConstantDecay", "PolynomialDecay", "InverseTimeDecay",
                                     "CosineDecay",      "CosineDecayRestarts"};

template <class List>
bool known(const List& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

JsonValue optimizer_json(const Optimizer& optimizer, double rate) {
  JsonValue object = spec_to_json(optimizer.config());
  JsonValue config = JsonValue::object();
  for (const auto& [key, value] : object.at("config").members()) {
    if (key == "style") continue;  // ours; only Keras's own is written
    if (key != "learning_rate") {
      config.append(key, value);
    } else if (const JsonValue* schedule = value.find("class_name"); schedule != nullptr && known(keras_schedules, schedule->string())) {
      config.append(key, keras_object(value, "keras.optimizers.schedules"));
    } else {
      config.append(key, rate);  // schedules of the lecture are no part of Keras: the rate as it stands
    }
  }
  return keras_object(JsonValue::object({{"class_name", object.at("class_name")}, {"config", config}}), "keras.optimizers");
}

JsonValue loss_json(const Loss& loss) {
  const SpecValue spec = SpecConvert<Loss>::to(loss);
  if (spec.keywords.empty() && spec.items.empty()) return std::string(name_of(loss));
  const JsonValue object = std::visit([](const auto& l) { return to_json(l); }, loss);
  return keras_object(object, "keras.losses");
}

}  // namespace

Compiled from_compile_config(const std::string& text, const std::string& source) {
  const JsonValue json = JsonValue::parse(text, source + ", compile_config");
  Compiled out{.optimizer = optimizer_of(json.at("optimizer"), source)};
  if (const JsonValue* loss = json.find("loss"); loss != nullptr && !loss->is_null()) out.loss = loss_of(*loss, source);
  if (const JsonValue* metrics = json.find("metrics"); metrics != nullptr) {
    out.metrics.emplace();
    collect_metrics(*metrics, source, out);
  }
  return out;
}

std::string without_optimizer(const std::string& text, const std::string& source) {
  JsonValue json = JsonValue::parse(text, source + ", compile_config");
  json["optimizer"] = "adam";
  return json.text();
}

bool is_keras_schedule(const std::string& class_name) { return known(keras_schedules, class_name); }
bool keras_knows(const Optimizer& optimizer) {
  const SpecValue config = optimizer.config();
  const SpecValue* style = config.keyword("style");
  return known(keras_optimizers, std::string(optimizer.info().class_name)) && (style == nullptr || style->text == "keras");
}

namespace {

/// Where Keras means the same by it: of one output, or of one-hot labels by Keras's own keys. Keras refuses ids here.
std::optional<JsonValue> class_metric_json(const ClassMetric& metric, const std::optional<Loss>& loss) {
  const bool one_output = loss && std::holds_alternative<BinaryCrossentropy>(*loss);
  if (!loss || takes_ids(*loss) || metric.kind == ClassMetricKind::specificity) return {};
  const auto object = [](const char* class_name, JsonValue config) {
    return keras_object(JsonValue::object({{"class_name", class_name}, {"config", std::move(config)}}), "keras.metrics");
  };
  if (metric.kind == ClassMetricKind::f1_score) {
    const bool named = metric.average != ClassAverage::automatic && metric.average != ClassAverage::none;
    const JsonValue average = named ? JsonValue(SpecConvert<ClassAverage>::to(metric.average).text) : JsonValue();
    return object("F1Score", JsonValue::object({{"name", metric.name}, {"average", average}, {"threshold", metric.threshold}}));
  }
  if (!one_output && (!metric.by_entries() || metric.averaged() != ClassAverage::micro)) return {};
  if (metric.kind == ClassMetricKind::auc)
    return object("AUC", JsonValue::object({{"name", metric.name},
                                            {"num_thresholds", metric.num_thresholds.value_or(200)},
                                            {"curve", SpecConvert<Curve>::to(metric.curve).text}}));
  return object(
      metric.kind == ClassMetricKind::precision ? "Precision" : "Recall",
      JsonValue::object({{"name", metric.name}, {"thresholds", metric.threshold}, {"top_k", metric.top_k}, {"class_id", metric.class_id}}));
}

}  // namespace

std::string to_compile_config(const Compiled& compiled, double rate) {
  JsonValue metrics = JsonValue::array();
  for (const Metric& metric : compiled.metrics.value_or(std::vector<Metric>{})) {
    if (metric.kind != MetricKind::top_k) {
      metrics.push_back(metric.name);
      continue;
    }
    const bool sparse = compiled.loss && takes_ids(*compiled.loss);
    metrics.push_back(keras_object(JsonValue::object({{"class_name", sparse ? "SparseTopKCategoricalAccuracy" : "TopKCategoricalAccuracy"},
                                                      {"config", JsonValue::object({{"name", metric.name}, {"k", metric.k}})}}),
                                   "keras.metrics"));
  }
  for (const ClassMetric& metric : compiled.class_metrics)
    if (auto json = class_metric_json(metric, compiled.loss)) metrics.push_back(*std::move(json));
  return JsonValue::object({{"optimizer", optimizer_json(compiled.optimizer, rate)},
                            {"loss", compiled.loss ? loss_json(*compiled.loss) : JsonValue()},
                            {"loss_weights", nullptr},
                            {"metrics", metrics},
                            {"weighted_metrics", nullptr},
                            {"run_eagerly", false},
                            {"steps_per_execution", 1},
                            {"jit_compile", false}})
      .text();
}

}  // namespace lehr
