// One layer's Keras config, both ways. Keras 3's keys are ours; what other versions and backends write beside them is translated or dropped here.
#include <algorithm>
#include <array>

#include "engine/spec/json.h"
#include "engine/spec/names.h"
#include "layers/catalogue.h"
#include "layers/keras_config.h"
#include "layers/operation.h"

namespace lehr {

namespace {

/// Layers that Keras keeps in its applications, and operations: module and registered name.
struct Home {
  std::string_view class_name, module;
};
constexpr std::array homes{Home{"LayerScale", "keras.src.applications.convnext"},
                           Home{"StochasticDepth", "keras.src.applications.convnext"},
                           Home{"CustomScaleLayer", "keras.src.applications.inception_resnet_v2"}};

/// Keras classes of operations, and TensorFlow's names in Keras 2's TFOpLambda.
struct OperationName {
  std::string_view class_name, tensorflow;
  BinaryFunction function;
};
constexpr std::array operations{OperationName{"Add", "__operators__.add", BinaryFunction::add},
                                OperationName{"Subtract", "math.subtract", BinaryFunction::subtract},
                                OperationName{"Multiply", "math.multiply", BinaryFunction::multiply},
                                OperationName{"TrueDivide", "math.truediv", BinaryFunction::divide},
                                OperationName{"Divide", "math.divide", BinaryFunction::divide},
                                OperationName{"Maximum", "math.maximum", BinaryFunction::maximum},
                                OperationName{"Minimum", "math.minimum", BinaryFunction::minimum},
                                OperationName{"Add", "math.add", BinaryFunction::add}};

/// Element-wise functions of keras.ops that are activations.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> functions{{{"Relu", "relu"},
                                                                                   {"Relu6", "relu6"},
                                                                                   {"Sigmoid", "sigmoid"},
                                                                                   {"Tanh", "tanh"},
                                                                                   {"Softplus", "softplus"},
                                                                                   {"Softsign", "softsign"},
                                                                                   {"LogSigmoid", "log_sigmoid"},
                                                                                   {"Silu", "silu"},
                                                                                   {"HardSigmoid", "hard_sigmoid"},
                                                                                   {"HardSilu", "hard_silu"},
                                                                                   {"Elu", "elu"},
                                                                                   {"Selu", "selu"},
                                                                                   {"Softmax", "softmax"},
                                                                                   {"LogSoftmax", "log_softmax"},
                                                                                   {"Exp", "exponential"}}};

Error refuse(std::string_view what, const std::string& class_name, const JsonValue& config, std::string complaint, std::string got,
             std::string expected = {}) {
  const JsonValue* name = config.find("name");
  return Error(
      {.category = Category::data,
       .where = std::string(what) + ", layer \"" + (name != nullptr && name->is_string() ? name->string() : "") + "\" (" + class_name + ")",
       .what = std::move(complaint),
       .expected = std::move(expected),
       .got = std::move(got)});
}

bool says_nothing(const JsonValue& value) {
  return value.is_null() || (value.kind() == JsonValue::Kind::boolean && !value.boolean()) || (value.is_array() && value.size() == 0);
}

/// Where the object is a function or a plain name, that name.
JsonValue plain(const JsonValue& value) {
  if (!value.is_object()) return value;
  const JsonValue *class_name = value.find("class_name"), *config = value.find("config");
  if (class_name == nullptr || config == nullptr) return value;
  if (config->is_string()) return *config;  // {"class_name": "function", "config": "relu"}
  if (!config->is_object()) return value;
  JsonValue kept = JsonValue::object();
  for (const auto& [key, member] : config->members())
    if (key != "seed" && !says_nothing(member)) kept.append(key, member);
  return JsonValue::object({{"class_name", *class_name}, {"config", std::move(kept)}});
}

/// celu is elu where alpha is 1, as it is of a plain name.
JsonValue activation_of(const JsonValue& value) {
  JsonValue name = plain(value);
  return name.is_string() && name.string() == "celu" ? JsonValue("elu") : name;
}

/// Old names of keys.
std::string key_of(std::string_view class_name, const std::string& key, bool has_modern) {
  if (has_modern) return key;
  if (key == "alpha" && class_name == "LeakyReLU") return "negative_slope";
  if (key == "alpha_initializer" || key == "alpha_regularizer" || key == "alpha_constraint") return key;
  return key;
}

/// `axis` as a list of one is that one; LayerNormalization and Normalization take lists.
JsonValue axis_of(std::string_view class_name, const JsonValue& value) {
  const bool list = value.is_array() && value.size() == 1;
  return list && class_name == "BatchNormalization" ? value.at(std::size_t{0}) : value;
}

constexpr std::array<std::string_view, 12> without_meaning{
    "dtype",       "batch_input_shape", "batch_shape",        "autocast",     "sparse",      "ragged",
    "data_format", "renorm_momentum",   "virtual_batch_size", "build_config", "input_shape", "adjustment"};

std::optional<LayerSpec> operation_of(const std::string& class_name, const JsonValue& layer, const JsonValue& config,
                                      std::string_view what) {
  const JsonValue* module = layer.find("module");
  std::string function;
  if (class_name == "TFOpLambda") {
    const JsonValue* name = config.find("function");
    function = name != nullptr && name->is_string() ? name->string() : "";
    for (const auto& o : operations)
      if (o.tensorflow == function) return Operation{.function = o.function};
    for (const auto& [keras, activation] : functions)
      if (function == "nn." + std::string(activation))
        return layer_catalogue().from(SpecValue::call("activation").set("activation", SpecValue::word(activation)));
    throw refuse(what, class_name, config, "the operation is not supported", function);
  }
  if (module == nullptr || !module->is_string() || module->string().find(".ops.") == std::string::npos) return {};
  for (const auto& o : operations)
    if (o.class_name == class_name) return Operation{.function = o.function};
  for (const auto& [keras, activation] : functions)
    if (keras == class_name) return layer_catalogue().from(SpecValue::call("activation").set("activation", SpecValue::word(activation)));
  std::string names;
  for (const auto& o : operations) names += (names.empty() ? "" : ", ") + std::string(o.class_name);
  for (const auto& [keras, activation] : functions) names += ", " + std::string(keras);
  throw refuse(what, class_name, config, "the operation " + module->string() + "." + class_name + " is not supported", class_name,
               "one of " + names);
}

JsonValue known_fields(const std::string& class_name, const JsonValue& config, const std::vector<FieldDoc>& fields, std::string_view what) {
  const auto known = [&](std::string_view key) {
    return std::any_of(fields.begin(), fields.end(), [&](const FieldDoc& f) { return f.name == key; });
  };
  JsonValue out = JsonValue::object();
  for (const auto& [key, value] : config.members()) {
    if (key == "data_format" && value.is_string() && value.string() != "channels_last")
      throw refuse(what, class_name, config, "data_format is " + value.string(), value.string(), "channels_last");
    const std::string name = key_of(class_name, key, known(key));
    if (known(name)) {
      if (value.is_null() && name == "name") continue;
      out.append(name, name == "axis" ? axis_of(class_name, value) : name == "activation" ? activation_of(value) : plain(value));
      continue;
    }
    if (std::find(without_meaning.begin(), without_meaning.end(), key) != without_meaning.end() || says_nothing(value)) continue;
    if (key == "groups" && value.is_number() && value.number() == 1) continue;  // Keras 2's DepthwiseConv2D
    if (class_name == "DepthwiseConv2D" && key.starts_with("kernel_") && key != "kernel_size")
      continue;  // it inherits them and has its own
    if (key == "filters" && class_name == "DepthwiseConv2D") continue;
    if (class_name == "Resizing" && key.starts_with("fill_")) continue;  // of pad_to_aspect_ratio
    throw refuse(what, class_name, config, "\"" + key + "\" is not supported", value.text(), "no such key, or null");
  }
  return out;
}

}  // namespace

LayerSpec layer_from_keras_config(const JsonValue& layer, std::string_view what) {
  const std::string class_name = layer.at("class_name").string();
  const JsonValue& config = layer.at("config");
  if (!config.is_object()) throw refuse(what, class_name, config, "its config is no object", config.text());
  if (const auto operation = operation_of(class_name, layer, config, what)) return *operation;
  const auto& catalogue = layer_catalogue();
  const auto entry = std::find_if(catalogue.entries().begin(), catalogue.entries().end(), [&](const auto& e) {
    return e.info.class_name == class_name || std::find(e.aliases.begin(), e.aliases.end(), class_name) != e.aliases.end();
  });
  if (entry == catalogue.entries().end()) {
    std::vector<std::string> names;
    for (const auto& e : catalogue.entries()) names.emplace_back(e.info.class_name);
    throw refuse(what, class_name, config, "layers of class " + class_name + " are not supported", class_name, "one of " + joined(names));
  }
  const JsonValue clean = known_fields(class_name, config, entry->fields(), what);
  try {
    return entry->make(spec_from_json(JsonValue::object({{"class_name", class_name}, {"config", clean}}), what));
  } catch (const Error& error) {
    const auto& info = error.info();
    throw refuse(what, class_name, config, info.what, info.got, info.expected);
  }
}

namespace {

JsonValue object_of(std::string_view module, std::string_view class_name, JsonValue config) {
  return JsonValue::object({{"module", module}, {"class_name", class_name}, {"config", std::move(config)}, {"registered_name", nullptr}});
}

/// Initializers, regularizers and constraints as objects, as Keras writes them.
JsonValue weight_option(std::string_view module, const SpecValue& value, const std::vector<std::vector<std::string>>& names) {
  if (value.is(SpecKind::none)) return nullptr;
  std::string class_name = value.class_name;
  for (const auto& row : names)
    if (class_name.empty() && same_name(row[0], value.text)) class_name = row.back();
  JsonValue config = JsonValue::object();
  for (const auto& k : value.keywords) config.append(k.name, spec_to_json(k.value));
  return object_of(module, class_name, std::move(config));
}

const std::vector<std::vector<std::string>> no_names;

}  // namespace

JsonValue keras_layer_config(const LayerSpec& layer, const std::string& name) {
  std::string class_name(layer.info().class_name);
  JsonValue config = JsonValue::object({{"name", name}});
  if (const auto* operation = layer.as<Operation>()) {
    for (const auto& o : operations)
      if (o.function == operation->function.value())
        return JsonValue::object({{"module", "keras.src.ops.numpy"},
                                  {"class_name", o.class_name},
                                  {"config", std::move(config)},
                                  {"registered_name", o.class_name}});
    throw Error({.category = Category::usage, .where = name, .what = "this operation has no form in Keras"});
  }
  if (class_name != "SpatialDropout2D") config.append("trainable", layer.trainable());  // whose constructor has no such argument
  config.append("dtype", object_of("keras", "DTypePolicy", JsonValue::object({{"name", "float32"}})));
  const SpecValue fields = layer.config();
  for (const auto& k : fields.keywords) {
    if (k.name == "name" || k.name == "trainable") continue;
    if (k.name.ends_with("_initializer"))
      config.append(k.name, weight_option("keras.initializers", k.value, initializer_names()));
    else if (k.name.ends_with("_regularizer"))
      config.append(k.name, weight_option("keras.regularizers", k.value, regularizer_names()));
    else if (k.name.ends_with("_constraint"))
      config.append(k.name, weight_option("keras.constraints", k.value, constraint_names()));
    else
      config.append(k.name, spec_to_json(k.value));
  }
  for (const auto& home : homes)
    if (home.class_name == class_name)
      return JsonValue::object(
          {{"module", home.module}, {"class_name", class_name}, {"config", std::move(config)}, {"registered_name", class_name}});
  return object_of("keras.layers", class_name, std::move(config));
}

}  // namespace lehr
