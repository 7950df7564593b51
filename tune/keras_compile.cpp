#include "tune/keras_compile.h"

#include <algorithm>
#include <array>

#include "engine/json.h"
#include "engine/number_text.h"
#include "engine/spec/json.h"
#include "optim/catalogue.h"
#include "tune/keras_metrics.h"

namespace lehr {

namespace {

/// A key of Keras's that has no field here: harmless where it is off, or where it only names.
bool harmless(const std::string& key, const JsonValue& value) {
  if (key == "reduction") return value.is_string() && (value.string() == "sum_over_batch_size" || value.string() == "auto");
  if (value.is_null()) return true;
  if (value.kind() == JsonValue::Kind::boolean) return !value.boolean();
  if (key == "name" || key == "dtype" || key == "ema_momentum" || key == "fn") return true;
  if (key == "axis") return value.is_number() && value.number() == -1;
  return key == "loss_scale_factor" && value.is_number() && value.number() == 1;
}

/// The object without the keys that are no fields of ours.
JsonValue cut(const JsonValue& object, const std::vector<FieldDoc>& fields, const std::string& where, const char* hint) {
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
                   .hint = hint});
    }
  }
  return JsonValue::object({{"class_name", object.at("class_name")}, {"config", config}});
}

/// What a file says is no mistake of the command line.
template <class Read>
auto of_file(const std::string& where, const char* hint, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    if (info.category != Category::usage && info.category != Category::data) throw;
    info.category = Category::data;
    if (!info.where.starts_with(where)) info.where = where + (info.where.empty() ? "" : ", " + info.where);
    if (info.hint.empty()) info.hint = hint;
    throw Error(std::move(info));
  }
}

[[noreturn]] void unknown(const std::string& where, const char* kind, const std::string& got, const std::vector<std::string>& names,
                          const char* hint) {
  std::string known;
  for (const auto& name : names) known += (known.empty() ? "" : ", ") + name;
  throw Error({.category = Category::data,
               .where = where,
               .what = std::string("there is no such ") + kind + " here",
               .expected = known,
               .got = got,
               .hint = hint});
}

/// Keras searches names for them as regular expressions; here they are parts of names.
void check_patterns(const JsonValue& config, const std::string& where, const char* hint) {
  const JsonValue* layers = config.find("exclude_layers");
  if (layers == nullptr || !layers->is_array()) return;
  for (const auto& part : layers->elements())
    if (part.is_string() && part.string().find_first_of("\\^$.|?*+()[]{}") != std::string::npos)
      throw Error({.category = Category::data,
                   .where = where,
                   .what = "a pattern in exclude_layers is not supported",
                   .expected = "parts of names of layers",
                   .got = part.text(),
                   .hint = hint});
}

Optimizer optimizer_of(const JsonValue& json, const std::string& where) {
  constexpr const char* hint = "Start a fresh one with --optimizer.";
  const std::string name = keras_name(json);
  const auto* entry = optimizer_catalogue().find(name);
  if (entry == nullptr) unknown(where, "optimizer", name, optimizer_catalogue().names(), hint);
  return of_file(where, hint, [&] {
    if (json.is_string()) return optimizer_catalogue().from(SpecValue::call(name));
    check_patterns(json.at("config"), where, hint);
    Optimizer optimizer = optimizer_catalogue().from(spec_from_json(cut(json, entry->fields(), where, hint), where));
    if (const double rate = optimizer.learning_rate().first(); rate < 0)
      throw Error({.category = Category::data,
                   .where = where,
                   .what = "learning_rate is negative",
                   .expected = "0 or more",
                   .got = number_text(rate)});
    return optimizer;
  });
}

/// Of a list or a dictionary by outputs, the one loss in it.
const JsonValue& only_loss(const JsonValue&& json) = delete;
const JsonValue& only_loss(const JsonValue& json) {
  if (json.is_array() && json.size() == 1) return json.elements()[0];
  if (json.is_object() && json.find("class_name") == nullptr && json.size() == 1) return json.members()[0].value;
  return json;
}

Loss loss_of(const JsonValue& given, const std::string& where) {
  constexpr const char* hint = "Give one that there is with --loss; to predict needs none.";
  const JsonValue& json = only_loss(given);
  const std::string name = keras_name(json);
  if (find_entry(name, loss_names()) < 0) {
    std::vector<std::string> names;
    for (const auto& loss : loss_names()) names.push_back(loss.front());
    unknown(where, "loss", name, names, hint);
  }
  return of_file(where, hint, [&] {
    const Loss bare = SpecConvert<Loss>::from(SpecValue::call(name));
    if (!json.is_object() || !json.at("config").is_object()) return bare;
    // Which fields a loss has, it says itself: of a bare one.
    const auto fields = std::visit([](const auto& l) { return field_docs<std::decay_t<decltype(l)>>(); }, bare);
    return SpecConvert<Loss>::from(spec_from_json(cut(json, fields, where, hint), where));
  });
}

std::vector<std::string> all_metric_names() {
  std::vector<std::string> out;
  for (const auto& doc : metric_docs()) out.push_back(doc.name);
  return out;
}

void add_metrics(const JsonValue& json, const JsonValue& weighted, const std::string& source, Wanted wanted, Compiled& out) {
  const std::string where = source + ", metrics";
  constexpr const char* hint = "Choose others with --metrics.";
  MetricList list = metrics_from_keras(json, weighted, [&](const JsonValue& metric, const auto& read) {
    const std::string name = keras_name(metric);
    try {
      if (find_entry(name, metric_names()) < 0 && class_metric_catalogue().find(name) == nullptr)
        unknown(where, "metric", name, all_metric_names(), hint);
      of_file(where, hint, read);
    } catch (const Error& error) {
      if (wanted == Wanted::all) throw;
      out.left_out.push_back(source + ": the metric " + name + " is left out: " + error.info().what);
    }
  });
  out.metrics = std::move(list.metrics);
  out.class_metrics = std::move(list.class_metrics);
}

void add_loss(const JsonValue& json, const std::string& source, Wanted wanted, Compiled& out) {
  try {
    out.loss = loss_of(json, source + ", loss");
  } catch (const Error& error) {
    if (wanted == Wanted::all) throw;
    out.left_out.push_back(source + ": the loss " + keras_name(only_loss(json)) + " is left out: " + error.info().what);
  }
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

const JsonValue* compiled_optimizer(const JsonValue& compiled) {
  const JsonValue* found = compiled.find("optimizer");
  return found != nullptr ? found : compiled.find("optimizer_config");
}

Compiled from_compile_config(const std::string& text, const std::string& source, const CompileWishes& wishes) {
  const JsonValue json = JsonValue::parse(text, source + ", compile_config");
  if (!json.is_object())
    throw Error({.category = Category::data,
                 .where = source + ", compile_config",
                 .what = "is no configuration",
                 .expected = "an object with optimizer, loss and metrics",
                 .got = text.substr(0, 200)});
  Compiled out;
  if (wishes.optimizer != Wanted::nothing) {
    const JsonValue* optimizer = compiled_optimizer(json);
    out.optimizer = optimizer_of(optimizer != nullptr ? *optimizer : json.at("optimizer"), source + ", optimizer");
  }
  const auto given = [&](const char* key, Wanted wanted) {
    const JsonValue* found = wanted == Wanted::nothing ? nullptr : json.find(key);
    return found != nullptr && !found->is_null() ? found : nullptr;
  };
  if (const JsonValue* loss = given("loss", wishes.loss)) add_loss(*loss, source, wishes.loss, out);
  const JsonValue *metrics = given("metrics", wishes.metrics), *weighted = given("weighted_metrics", wishes.metrics);
  if (metrics != nullptr || weighted != nullptr)
    add_metrics(metrics != nullptr ? *metrics : JsonValue(), weighted != nullptr ? *weighted : JsonValue(), source, wishes.metrics, out);
  return out;
}

bool is_keras_schedule(const std::string& class_name) { return known(keras_schedules, class_name); }
bool keras_knows(const Optimizer& optimizer) {
  const SpecValue config = optimizer.config();
  const SpecValue* style = config.keyword("style");
  return known(keras_optimizers, std::string(optimizer.info().class_name)) && (style == nullptr || style->text == "keras");
}

std::string to_compile_config(const Compiled& compiled, double rate) {
  JsonValue metrics = JsonValue::array(), weighted = JsonValue::array();
  const auto add = [&](const KerasMetric& metric, bool weights) {
    JsonValue& list = weights ? weighted : metrics;
    if (metric.class_name.empty())
      list.push_back(metric.config);
    else
      list.push_back(keras_object(JsonValue::object({{"class_name", metric.class_name}, {"config", metric.config}}), "keras.metrics"));
  };
  if (compiled.loss) {
    for (const Metric& metric : compiled.metrics.value_or(std::vector<Metric>{}))
      add(keras_metric(metric, *compiled.loss), metric.weighted);
    const bool one_output = is_binary(*compiled.loss);
    if (!takes_ids(*compiled.loss))  // Keras refuses ids here
      for (const ClassMetric& metric : compiled.class_metrics)
        if (const auto known = keras_metric(metric, one_output)) add(*known, metric.weighted);
  }
  return JsonValue::object({{"optimizer", optimizer_json(compiled.optimizer, rate)},
                            {"loss", compiled.loss ? loss_json(*compiled.loss) : JsonValue()},
                            {"loss_weights", nullptr},
                            {"metrics", metrics},
                            {"weighted_metrics", weighted.size() == 0 ? JsonValue() : weighted},
                            {"run_eagerly", false},
                            {"steps_per_execution", 1},
                            {"jit_compile", false}})
      .text();
}

}  // namespace lehr
