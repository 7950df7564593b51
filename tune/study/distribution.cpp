#include "tune/study/distribution.h"

#include <algorithm>
#include <cmath>

#include "engine/number_text.h"

namespace lehr {

namespace {

/// Steps by a factor are listed.
bool listed(const Hyperparameter& p) { return p.categorical() || (p.step && p.sampling != Sampling::linear); }

std::vector<JsonValue> alternatives(const Hyperparameter& p) {
  std::vector<JsonValue> out;
  for (const double v : p.grid()) out.push_back(p.json(v));
  return out;
}

/// As json.dumps does, with a blank after comma and colon: Optuna compares the parsed form, people the text.
std::string python_json(const JsonValue& value) {
  if (value.is_object()) {
    std::string out = "{";
    for (const auto& m : value.members()) out += (out.size() == 1 ? "" : ", ") + JsonValue(m.name).text() + ": " + python_json(m.value);
    return out + "}";
  }
  if (value.is_array()) {
    std::string out = "[";
    for (const auto& e : value.elements()) out += (out.size() == 1 ? "" : ", ") + python_json(e);
    return out + "]";
  }
  return value.text();
}

}  // namespace

std::string distribution_json(const Hyperparameter& p) {
  JsonValue attributes = JsonValue::object();
  std::string name = "CategoricalDistribution";
  if (listed(p)) {
    attributes["choices"] = JsonValue::array(alternatives(p));
  } else {
    const bool whole = p.kind == HyperparameterKind::integer, log = p.sampling == Sampling::log;
    name = whole ? "IntDistribution" : "FloatDistribution";
    const auto number = [&](double v) { return whole ? JsonValue(static_cast<std::int64_t>(v)) : JsonValue(v); };
    attributes["log"] = log;
    attributes["step"] = p.step ? number(*p.step) : whole ? JsonValue(1) : JsonValue();
    attributes["low"] = number(p.low);
    attributes["high"] = number(p.step ? p.grid().back() : p.high);
  }
  return python_json(JsonValue::object({{"name", name}, {"attributes", attributes}}));
}

double stored_value(const Hyperparameter& p, double value) {
  if (p.categorical() || !listed(p)) return value;
  const auto grid = p.grid();
  return static_cast<double>(std::lower_bound(grid.begin(), grid.end(), value - 1e-12 * std::abs(value)) - grid.begin());
}

std::optional<double> value_from(const Hyperparameter& p, double stored, const std::string& distribution) {
  const JsonValue json = JsonValue::parse(distribution, "distribution of '" + p.name + "'");
  const JsonValue* choices = json.at("attributes").find("choices");
  if (choices == nullptr) {
    if (p.categorical()) return p.from_json(stored);
    return p.allows(stored) ? std::optional(stored) : std::nullopt;
  }
  if (!(stored >= 0) || stored >= static_cast<double>(choices->size())) return {};
  return p.from_json(choices->at(static_cast<std::size_t>(stored)));
}

}  // namespace lehr
