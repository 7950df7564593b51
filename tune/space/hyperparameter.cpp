#include "tune/space/hyperparameter.h"

#include <algorithm>
#include <cmath>

#include "engine/number_text.h"

namespace lehr {

namespace {

using Kind = HyperparameterKind;

/// Steps between the bounds, both ends counted.
std::int64_t steps_of(const Hyperparameter& p, double step) {
  if (p.sampling == Sampling::linear) return static_cast<std::int64_t>(std::floor((p.high - p.low) / step + 1e-9)) + 1;
  return static_cast<std::int64_t>(std::log(p.high / p.low) / std::log(step) + 1e-8) + 1;
}

std::optional<double> step_of(const Hyperparameter& p) {
  if (p.step) return p.step;
  if (p.kind == Kind::integer && p.sampling == Sampling::linear) return 1.0;
  return {};
}

double stepped(const Hyperparameter& p, double step, std::int64_t i) {
  double value = 0;
  if (p.sampling == Sampling::linear) value = p.low + static_cast<double>(i) * step;
  if (p.sampling == Sampling::log) value = p.low * std::pow(step, static_cast<double>(i));
  if (p.sampling == Sampling::reverse_log) value = p.high + p.low - p.low * std::pow(step, static_cast<double>(i));
  return p.kind == Kind::integer ? std::floor(value + 1e-9) : value;
}

double continuous(const Hyperparameter& p, double u) {
  const double high = p.kind == Kind::integer ? p.high + 1 : p.high;
  double value = 0;
  if (p.sampling == Sampling::linear) value = u * (high - p.low) + p.low;
  if (p.sampling == Sampling::log) value = p.low * std::pow(high / p.low, u);
  if (p.sampling == Sampling::reverse_log) value = high + p.low - p.low * std::pow(high / p.low, 1 - u);
  if (p.kind == Kind::integer) value = std::floor(value);
  return std::clamp(value, p.low, p.high);
}

double continuous_position(const Hyperparameter& p, double value) {
  const double high = p.kind == Kind::integer ? p.high + 1 : p.high;
  const double v = p.kind == Kind::integer ? value + 0.5 : value;
  if (p.sampling == Sampling::linear) return (v - p.low) / (high - p.low);
  if (p.sampling == Sampling::log) return std::log(v / p.low) / std::log(high / p.low);
  return 1 - std::log((high + p.low - v) / p.low) / std::log(high / p.low);
}

std::int64_t nearest_step(const Hyperparameter& p, double step, double value) {
  double i = (value - p.low) / step;
  if (p.sampling == Sampling::log) i = std::log(value / p.low) / std::log(step);
  if (p.sampling == Sampling::reverse_log) i = std::log((p.high + p.low - value) / p.low) / std::log(step);
  return std::clamp<std::int64_t>(std::llround(i), 0, steps_of(p, step) - 1);
}

std::int64_t alternatives(const Hyperparameter& p) { return p.kind == Kind::boolean ? 2 : static_cast<std::int64_t>(p.choices.size()); }

}  // namespace

std::string_view name_of(Sampling sampling) {
  return sampling == Sampling::linear ? "linear" : sampling == Sampling::log ? "log" : "reverse_log";
}

std::optional<std::uint64_t> Hyperparameter::count() const {
  if (categorical()) return alternatives(*this);
  if (const auto s = step_of(*this)) return steps_of(*this, *s);
  if (kind == Kind::integer) return static_cast<std::uint64_t>(high - low) + 1;
  if (low == high) return 1;
  return {};
}

std::vector<double> Hyperparameter::grid() const {
  std::vector<double> out;
  if (categorical()) {
    for (std::int64_t i = 0; i < alternatives(*this); ++i) out.push_back(static_cast<double>(i));
  } else if (const auto s = step_of(*this)) {
    for (std::int64_t i = 0; i < steps_of(*this, *s); ++i) out.push_back(stepped(*this, *s, i));
  } else {
    for (int i = 0; i < 10; ++i) out.push_back(at(0.05 + 0.1 * i));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

double Hyperparameter::at(double position) const {
  const double u = std::clamp(position, 0.0, 1.0);
  if (categorical())
    return std::min(std::floor(u * static_cast<double>(alternatives(*this))), static_cast<double>(alternatives(*this) - 1));
  if (low == high) return low;
  if (const auto s = step_of(*this)) {
    const std::int64_t n = steps_of(*this, *s);
    return stepped(*this, *s, std::min(static_cast<std::int64_t>(std::floor(u * static_cast<double>(n))), n - 1));
  }
  return continuous(*this, u);
}

double Hyperparameter::position(double value) const {
  if (categorical()) return (value + 0.5) / static_cast<double>(alternatives(*this));
  if (low == high) return 0.5;
  if (const auto s = step_of(*this))
    return (static_cast<double>(nearest_step(*this, *s, value)) + 0.5) / static_cast<double>(steps_of(*this, *s));
  return continuous_position(*this, value);
}

bool Hyperparameter::allows(double value) const {
  if (categorical()) return value >= 0 && value < static_cast<double>(alternatives(*this)) && value == std::floor(value);
  if (!(value >= low && value <= high)) return false;
  if (const auto s = step_of(*this)) {
    const double on_step = stepped(*this, *s, nearest_step(*this, *s, value));
    return std::abs(on_step - value) <= 1e-9 * std::max(1.0, std::abs(value));
  }
  return kind != Kind::integer || value == std::floor(value);
}

SpecValue Hyperparameter::spec(double value) const {
  if (kind == Kind::boolean) return SpecValue::of(value != 0);
  if (kind == Kind::choice) return choices.at(static_cast<std::size_t>(value));
  if (kind == Kind::integer) return SpecValue::of(static_cast<std::int64_t>(value));
  return SpecValue::of(value);
}

std::string Hyperparameter::label(double value) const {
  const SpecValue s = spec(value);
  if (!s.is(SpecKind::call)) return s.is(SpecKind::string) || s.is(SpecKind::word) ? s.text : s.print();
  // The name alone, where it says which alternative it is.
  const auto same = std::count_if(choices.begin(), choices.end(), [&](const SpecValue& c) { return c.named() && c.text == s.text; });
  return same == 1 ? s.text : s.print();
}

JsonValue Hyperparameter::json(double value) const {
  if (kind == Kind::boolean) return value != 0;
  if (kind == Kind::integer) return static_cast<std::int64_t>(value);
  if (kind == Kind::real) return value;
  const SpecValue s = spec(value);
  if (s.is(SpecKind::boolean)) return s.number != 0;
  if (s.is(SpecKind::none)) return nullptr;
  if (s.is_integer()) return parse_integer(s.text).value();
  if (s.is(SpecKind::number)) return s.number;
  return label(value);
}

std::optional<double> Hyperparameter::from_json(const JsonValue& value) const {
  if (categorical()) {
    for (std::int64_t i = 0; i < alternatives(*this); ++i) {
      const JsonValue mine = json(static_cast<double>(i));
      const bool same_number = mine.is_number() && value.is_number() && mine.number() == value.number();
      if (mine == value || same_number) return static_cast<double>(i);
    }
    return {};
  }
  if (!value.is_number() || !allows(value.number())) return {};
  return value.number();
}

std::string Hyperparameter::text() const {
  SpecValue space = SpecValue::call("boolean");
  if (kind == Kind::choice) {
    space = SpecValue::call("choice");
    space.items = choices;
    if (ordered) space.set("ordered", SpecValue::of(true));
  } else if (kind != Kind::boolean) {
    space = SpecValue::call(kind == Kind::integer ? "int" : "float");
    space.items = {SpecValue::of(low), SpecValue::of(high)};
    if (kind == Kind::integer)
      space.items = {SpecValue::of(static_cast<std::int64_t>(low)), SpecValue::of(static_cast<std::int64_t>(high))};
    const bool whole = kind == Kind::integer && step && *step == std::floor(*step);
    if (step) space.set("step", whole ? SpecValue::of(static_cast<std::int64_t>(*step)) : SpecValue::of(*step));
    if (sampling != Sampling::linear) space.set("sampling", SpecValue::word(name_of(sampling)));
  }
  if (fallback) space.set("default", spec(*fallback));
  std::string out = name + ":" + (space.items.empty() && space.keywords.empty() ? space.text : space.print());
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    out += i == 0 ? " if " : " or ";
    for (std::size_t k = 0; k < conditions[i].size(); ++k) {
      out += (k == 0 ? "" : " and ") + conditions[i][k].parent + " in {";
      for (std::size_t v = 0; v < conditions[i][k].values.size(); ++v)
        out += (v == 0 ? "" : ", ") + number_text(conditions[i][k].values[v]);
      out += "}";
    }
  }
  return out;
}

void check_hyperparameter(const Hyperparameter& p) {
  const auto fail = [&](std::string what, std::string expected, std::string got) {
    throw Error({.category = Category::usage,
                 .where = "hyperparameter '" + p.name + "'",
                 .what = std::move(what),
                 .expected = std::move(expected),
                 .got = std::move(got)});
  };
  if (p.name.empty()) fail("needs a name", "a word", "''");
  if (p.kind == Kind::choice && p.choices.empty()) fail("there is nothing to choose from", "at least one value", "none");
  if (!p.categorical()) {
    if (!std::isfinite(p.low) || !std::isfinite(p.high) || p.low > p.high)
      fail("the bounds are no range", "a lowest and a highest value", number_text(p.low) + ", " + number_text(p.high));
    if (p.kind == Kind::integer &&
        (p.low != std::floor(p.low) || p.high != std::floor(p.high) || std::max(std::abs(p.low), std::abs(p.high)) > 9e15))
      fail("the bounds are no whole numbers", "whole numbers", number_text(p.low) + ", " + number_text(p.high));
    if (p.sampling != Sampling::linear && p.low <= 0)
      fail("logarithms need a positive range", "a lowest value above 0", number_text(p.low));
    if (p.step && (!std::isfinite(*p.step) || *p.step <= 0 || (p.sampling != Sampling::linear && *p.step <= 1)))
      fail("the step leads nowhere", p.sampling == Sampling::linear ? "a step above 0" : "a factor above 1, since sampling is logarithmic",
           number_text(*p.step));
    if (p.kind == Kind::integer && p.step && p.sampling == Sampling::linear && *p.step != std::floor(*p.step))
      fail("the step is no whole number", "a whole number", number_text(*p.step));
  }
  if (p.fallback && !p.allows(*p.fallback)) fail("the default is not one of its values", "a value of the space", number_text(*p.fallback));
}

}  // namespace lehr
