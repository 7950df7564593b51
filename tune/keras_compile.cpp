#include "tune/keras_compile.h"

#include <algorithm>
#include <array>

#include "engine/json.h"
#include "engine/spec/json.h"
#include "optim/catalogue.h"
#include "tune/keras_metrics.h"

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

/// Schedules of the lecture are no part of Keras: of those, the rate as it stands.
JsonValue rate_json(const LearningRate& rate, double left) {
  if (rate.constant() || !is_keras_schedule(std::string(rate.schedule()->info().class_name))) return left;
  return keras_object(spec_to_json(rate.schedule()->config()), "keras.optimizers.schedules");  // an optimizer's own config has its text
}

JsonValue optimizer_json(const Optimizer& optimizer, double rate) {
  JsonValue object = spec_to_json(optimizer.config());
  JsonValue config = JsonValue::object();
  for (const auto& [key, value] : object.at("config").members()) {
    if (key == "style") continue;  // ours; only Keras's own is written
    config.append(key, key == "learning_rate" ? rate_json(optimizer.learning_rate(), rate) : value);
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
    MetricList list = metrics_from_keras(*metrics);
    out.metrics = std::move(list.metrics);
    out.class_metrics = std::move(list.class_metrics);
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

std::string to_compile_config(const Compiled& compiled, double rate) {
  JsonValue metrics = JsonValue::array();
  const auto add = [&](const KerasMetric& metric) {
    if (metric.class_name.empty())
      metrics.push_back(metric.config);
    else
      metrics.push_back(keras_object(JsonValue::object({{"class_name", metric.class_name}, {"config", metric.config}}), "keras.metrics"));
  };
  if (compiled.loss) {
    for (const Metric& metric : compiled.metrics.value_or(std::vector<Metric>{})) add(keras_metric(metric, *compiled.loss));
    const bool one_output = is_binary(*compiled.loss);
    if (!takes_ids(*compiled.loss))  // Keras refuses ids here
      for (const ClassMetric& metric : compiled.class_metrics)
        if (const auto known = keras_metric(metric, one_output)) add(*known);
  }
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
