// json.h: specs as Keras's config JSON: {"class_name": "Adam", "config": {"learning_rate": 0.001, …}}.
// A pipeline is {"class_name": "Sequential", "config": {"layers": […]}}; positional values go under "args"; a value to be searched is
// {"search": name, "space": …}.
#pragma once

#include "engine/json.h"
#include "engine/spec/convert.h"

namespace lehr {

JsonValue spec_to_json(const SpecValue& value);
/// Errors about the value name `what` (a file).
SpecValue spec_from_json(const JsonValue& json, std::string_view what = "config");

/// All fields, as Keras's serialize.
template <SpecType T>
JsonValue to_json(const T& spec) {
  return spec_to_json(to_config(spec));
}

/// Accepts {"class_name", "config"}. Keys that T has no field for (Keras's `name`, `trainable`, `dtype`, …) go to `unknown`, or are an
/// error where it is null.
template <SpecType T>
T from_json(const JsonValue& json, std::vector<std::string>* unknown = nullptr, std::string_view what = "config") {
  return read_fields<T>(spec_from_json(json, what), unknown);
}

}  // namespace lehr
