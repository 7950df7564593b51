#include "weights/convert.h"

#include <algorithm>

#include "engine/json.h"
#include "layers/keras_config.h"
#include "weights/network_weights.h"

namespace lehr {

namespace {

bool of_keras_3(const TensorFile& file) { return file.format != WeightFormat::keras_h5 || file.keras_version.starts_with("3."); }

/// As keras.saving.serialize_keras_object writes it; words stay words.
JsonValue with_module(const JsonValue& value, const std::string& module) {
  if (value.is_array()) {
    std::vector<JsonValue> out;
    for (const auto& element : value.elements()) out.push_back(with_module(element, module));
    return JsonValue::array(std::move(out));
  }
  const bool bare = value.is_object() && value.find("class_name") != nullptr && value.find("config") != nullptr;
  if (!bare || value.find("module") != nullptr) return value;
  JsonValue config = value.at("config");
  if (config.is_object())
    if (const JsonValue* rate = config.find("learning_rate")) config["learning_rate"] = with_module(*rate, module + ".schedules");
  return JsonValue::object(
      {{"module", module}, {"class_name", value.at("class_name")}, {"config", std::move(config)}, {"registered_name", nullptr}});
}

/// The training_config of Keras 3's .h5 as a compile_config; earlier Keras's optimizers had other arguments, and none is made of those.
std::string compile_config_of(const TensorFile& file) {
  if (file.format != WeightFormat::keras_h5 || file.compile_config.empty()) return file.compile_config;
  if (!of_keras_3(file)) return {};
  const JsonValue given = JsonValue::parse(file.compile_config, file.source + ", training_config");
  JsonValue out = JsonValue::object();
  for (const auto& [key, value] : given.members()) {
    const bool metrics = key == "metrics" || key == "weighted_metrics";
    if (key == "optimizer_config")
      out.append("optimizer", with_module(value, "keras.optimizers"));
    else
      out.append(key, key == "loss" ? with_module(value, "keras.losses") : metrics ? with_module(value, "keras.metrics") : value);
  }
  return out.text();
}

/// The file's numbers under the network's names, paths and classes; the optimizer's state goes along.
TensorFile renamed(TensorFile file, const BuiltNetwork& network, bool whole, std::string& how) {
  TensorFile out{.ordered = true, .optimizer = std::move(file.optimizer)};
  if (of_keras_3(file)) out.keras_version = file.keras_version;
  if (whole) out.model_config = keras_config(network.network(), network.input()).text();
  out.compile_config = compile_config_of(file);
  const std::string source = file.source;
  Match match = match_weights(std::move(file), network, Matching::whole);
  how = ", " + match_text(match, source);
  for (const auto& layer : network_layers(network)) {
    WeightLayer ours{.name = layer.name, .path = layer.path, .class_name = layer.class_name};
    for (std::size_t i = 0; i < layer.weights.size(); ++i)
      for (auto& weight : match.weights)
        if (weight.state == layer.state[i]) ours.weights.push_back({.name = layer.weights[i].name, .values = std::move(weight.values)});
    out.layers.push_back(std::move(ours));
  }
  return out;
}

/// .h5's configuration is not what Keras 3 reads, nor does its order of weights say where Keras 3 keeps them: its own network does.
std::optional<BuiltNetwork> network_of_legacy(const TensorFile& file, WeightFormat to) {
  if (file.format != WeightFormat::keras_h5 || file.model_config.empty()) return {};
  if (to != WeightFormat::keras && to != WeightFormat::weights_h5 && to != WeightFormat::keras_h5) return {};
  const Network network = network_from_keras_config(JsonValue::parse(file.model_config, file.source), file.source);
  if (network.input_shape()) return BuiltNetwork(network, *network.input_shape());
  throw Error({.category = Category::usage,
               .where = file.source,
               .what = "the network does not say the shape of its input",
               .hint = "Give --model " + file.source + " --input-shape HEIGHTxWIDTHxCHANNELS."});
}

/// Keras keeps weights by the layers' classes and by the models they are in.
void check_layout(const TensorFile& file, WeightFormat to, const std::string& name) {
  if (to != WeightFormat::weights_h5 && to != WeightFormat::keras_h5) return;
  if (!file.model_config.empty()) return;
  const bool known = file.format == WeightFormat::keras_h5
                         ? !file.models_inside
                         : std::all_of(file.layers.begin(), file.layers.end(),
                                       [](const WeightLayer& layer) { return layer.weights.empty() || !layer.path.empty(); });
  if (known) return;
  throw Error({.category = Category::usage,
               .where = name,
               .what = "where Keras keeps weights depends on the network, and " + file.source + " does not tell it",
               .expected = "--model",
               .hint = "Give --model: the network as text, or a model file of it."});
}

}  // namespace

std::string convert_weights(const std::string& from, const std::string& to, const std::optional<BuiltNetwork>& network) {
  const WeightFormat format = format_of_name(to);
  TensorFile file = read_tensor_file(from);
  const WeightFormat given = file.format;
  std::string how;
  const bool whole = format == WeightFormat::keras || format == WeightFormat::onnx;
  if (network) {
    file = renamed(std::move(file), *network, whole, how);
  } else if (const auto own = network_of_legacy(file, format)) {
    file = renamed(std::move(file), *own, whole, how);
  } else {
    check_layout(file, format, to);
  }
  const std::size_t count = file.weight_count();
  write_tensor_file(to, std::move(file));
  return std::to_string(count) + " weights, " + std::string(name_of(given)) + " -> " + std::string(name_of(format)) + how;
}

}  // namespace lehr
