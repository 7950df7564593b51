#include "weights/keras_json.h"

#include "layers/network.h"

namespace lehr {

std::string PathCounter::next(std::string_view class_name) {
  const std::string base = automatic_name(class_name);
  const int count = counts_[base]++;
  return (container_.empty() ? "" : container_ + "/") + "layers/" + base + (count == 0 ? "" : "_" + std::to_string(count));
}

namespace {

void collect(const JsonValue& model, const std::string& container, int depth, std::vector<VariablePath>& out) {
  if (depth > 32) throw Error({.category = Category::data, .what = "models are nested more than 32 deep"});
  PathCounter paths(container);
  const JsonValue& config = model.at("config");
  const bool sequential = model.at("class_name").string() == "Sequential";
  // Keras 1 and 2 wrote a Sequential model's layers as its config itself.
  const JsonValue& layers = config.is_array() ? config : config.at("layers");
  for (const JsonValue& layer : layers.elements()) {
    const std::string class_name = layer.at("class_name").string();
    if (sequential && class_name == "InputLayer") continue;
    const JsonValue& own = layer.at("config");
    const JsonValue* name = layer.find("name");
    if (name == nullptr) name = own.find("name");
    const std::string path = paths.next(class_name);
    if (own.find("layers") != nullptr || own.is_array())
      collect(layer, path, depth + 1, out);
    else
      out.push_back({.path = path, .name = name != nullptr && name->is_string() ? name->string() : "", .class_name = class_name});
  }
}

}  // namespace

std::vector<VariablePath> variable_paths(const JsonValue& model) {
  std::vector<VariablePath> out;
  collect(model, "", 0, out);
  return out;
}

}  // namespace lehr
