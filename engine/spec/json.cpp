#include "engine/spec/json.h"

#include <algorithm>
#include <cctype>

#include "engine/number_text.h"

namespace lehr {

namespace {

/// A JSON object without class_name is the call `dict(key=value, …)`.
constexpr std::string_view dictionary = "dict";

JsonValue elements_to_json(const std::vector<SpecValue>& values) {
  std::vector<JsonValue> out;
  for (const auto& value : values) out.push_back(spec_to_json(value));
  return JsonValue::array(std::move(out));
}

JsonValue call_to_json(const SpecValue& call) {
  JsonValue config = JsonValue::object();
  for (const auto& k : call.keywords) config.append(k.name, spec_to_json(k.value));
  if (call.text == dictionary && call.items.empty()) return config;
  JsonValue json = JsonValue::object({{"class_name", call.class_name.empty() ? call.text : call.class_name}});
  if (!call.items.empty()) json["args"] = elements_to_json(call.items);
  json["config"] = std::move(config);
  return json;
}

}  // namespace

JsonValue spec_to_json(const SpecValue& value) {
  switch (value.kind) {
    case SpecKind::none:
      return {};
    case SpecKind::boolean:
      return value.number != 0;
    case SpecKind::number:
      if (const auto integer = parse_integer(value.text)) return *integer;
      return value.number;
    case SpecKind::word:
    case SpecKind::string:
      return value.text;
    case SpecKind::list:
      return elements_to_json(value.items);
    case SpecKind::call:
      return call_to_json(value);
    case SpecKind::pipeline:
      return JsonValue::object({{"class_name", "Sequential"}, {"config", JsonValue::object({{"layers", elements_to_json(value.items)}})}});
    case SpecKind::searched:
      break;
  }
  return JsonValue::object({{"search", value.text}, {"space", spec_to_json(value.items.at(0))}});
}

namespace {

class Reader {
 public:
  explicit Reader(std::string_view what) : source_(std::make_shared<const SpecText>(SpecText{std::string(what), {}, Category::data})) {}

  SpecValue read(const JsonValue& json) const {
    SpecValue value = tree(json);
    value.source = source_;
    return value;
  }

 private:
  SpecValue tree(const JsonValue& json) const {
    switch (json.kind()) {
      case JsonValue::Kind::null:
        return {};
      case JsonValue::Kind::boolean:
        return SpecValue::of(json.boolean());
      case JsonValue::Kind::integer:
        return SpecValue::of(json.integer());
      case JsonValue::Kind::number:
        return SpecValue::of(json.number());
      case JsonValue::Kind::string:
        return {.kind = SpecKind::string, .text = json.string()};
      case JsonValue::Kind::array:
        return SpecValue::of(elements(json));
      case JsonValue::Kind::object:
        break;
    }
    const JsonValue* name = json.find("class_name");
    if (name && name->is_string()) return call(json, name->string());
    const JsonValue *searched = json.find("search"), *space = json.find("space");
    if (searched && searched->is_string() && space && json.size() == 2) {
      SpecValue value{.kind = SpecKind::searched, .text = searched->string()};
      value.items.push_back(read(*space));
      // boolean is the one space without values; the others read back from {"class_name", "args"}
      if (value.items[0].is(SpecKind::string)) value.items[0].kind = SpecKind::word;
      return value;
    }
    SpecValue value = SpecValue::call(dictionary);
    keywords(json, value);
    return value;
  }

  /// Keras writes functions as {"class_name": "function", "config": "relu"}.
  SpecValue call(const JsonValue& json, const std::string& name) const {
    const JsonValue* config = json.find("config");
    if (config && config->is_string()) return {.kind = SpecKind::string, .text = config->string()};
    SpecValue value = SpecValue::call(name, name);
    if (const JsonValue* positional = json.find("args"); positional && positional->is_array()) value.items = elements(*positional);
    if (!config || !config->is_object()) return value;
    const JsonValue* layers = config->find("layers");
    if (name == "Sequential" && config->size() == 1 && layers && layers->is_array() && layers->size() > 1)
      return {.kind = SpecKind::pipeline, .items = elements(*layers)};
    keywords(*config, value);
    return value;
  }

  std::vector<SpecValue> elements(const JsonValue& json) const {
    std::vector<SpecValue> out;
    for (const auto& element : json.elements()) out.push_back(read(element));
    return out;
  }

  void keywords(const JsonValue& json, SpecValue& call) const {
    for (const auto& [name, value] : json.members()) call.keywords.push_back({.name = name, .value = read(value)});
  }

  std::shared_ptr<const SpecText> source_;
};

}  // namespace

SpecValue spec_from_json(const JsonValue& json, std::string_view what) { return Reader(what).read(json); }

}  // namespace lehr
