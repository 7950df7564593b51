// Which precisions a model's config asks for.
#include <algorithm>

#include "layers/keras_config.h"

namespace lehr {

namespace {

/// "mixed_float16", or {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
std::string policy_of(const JsonValue& layer_config) {
  const JsonValue* given = layer_config.find("dtype");
  if (given == nullptr) return {};
  if (given->is_string()) return given->string();
  const JsonValue* config = given->find("config");
  const JsonValue* name = config == nullptr ? nullptr : config->find("name");
  return name != nullptr && name->is_string() ? name->string() : "";
}

void collect(const JsonValue& layer, std::vector<std::string>& out) {
  const JsonValue *class_name = layer.find("class_name"), *config = layer.find("config");
  if (config == nullptr) return;
  const JsonValue* layers = config->is_array() ? config : config->find("layers");  // Keras 1's is a list
  if (layers != nullptr && layers->is_array()) {
    for (const auto& inner : layers->elements()) collect(inner, out);
    return;
  }
  if (class_name != nullptr && class_name->is_string() && class_name->string() == "InputLayer") return;  // its dtype is the data's
  const std::string policy = policy_of(*config);
  if (!policy.empty() && policy != "float32" && std::find(out.begin(), out.end(), policy) == out.end()) out.push_back(policy);
}

}  // namespace

std::vector<std::string> keras_policies(const JsonValue& model) {
  std::vector<std::string> out;
  collect(model, out);
  return out;
}

}  // namespace lehr
