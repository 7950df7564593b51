#include "tune/space/search_spec.h"

#include <algorithm>
#include <cmath>

#include "engine/spec/convert.h"
#include "engine/spec/names.h"
#include "engine/spec/parse.h"
#include "engine/spec/search.h"

namespace lehr {

namespace {

using Conditions = std::vector<Condition>;

Error bad_space(const SpecValue& at, const std::string& what, const std::string& expected, const std::string& got) {
  return spec_error(at, {.category = Category::usage, .what = what, .expected = expected, .got = got});
}

Sampling sampling_from(const SpecValue& value) {
  for (const auto s : {Sampling::linear, Sampling::log, Sampling::reverse_log})
    if (same_name(value.written(), name_of(s))) return s;
  throw bad_space(value, "unknown sampling", "linear, log or reverse_log", value.written());
}

/// Numbers in positional places or under their names.
struct SpaceArguments {
  const SpecValue& space;
  std::vector<std::string_view> names;

  void check() const {
    for (const auto& k : space.keywords)
      if (std::none_of(names.begin(), names.end(), [&](auto n) { return same_name(n, k.name); }))
        throw bad_space(k.value, space.text + " has no value '" + k.name + "'", joined({names.begin(), names.end()}), k.name);
    if (space.items.size() > names.size())
      throw bad_space(space, space.text + " takes at most " + std::to_string(names.size()) + " values",
                      joined({names.begin(), names.end()}), std::to_string(space.items.size()));
  }
  const SpecValue* get(std::size_t i) const { return i < space.items.size() ? &space.items[i] : space.keyword(names[i]); }
};

double number_or(const SpecValue* value, double fallback) { return value == nullptr ? fallback : spec_number(*value); }

void read_range(const SpecValue& space, Hyperparameter& p) {
  const SpaceArguments arguments{.space = space, .names = {"min_value", "max_value", "step", "sampling", "default"}};
  arguments.check();
  const auto *low = arguments.get(0), *high = arguments.get(1);
  if (low == nullptr || high == nullptr)
    throw bad_space(space, "the range of '" + p.name + "' needs a lowest and a highest value", space.text + "(1, 10)", space.print());
  p.low = spec_number(*low);
  p.high = spec_number(*high);
  if (const auto* step = arguments.get(2); step != nullptr && !step->is(SpecKind::none)) p.step = spec_number(*step);
  if (const auto* sampling = arguments.get(3)) p.sampling = sampling_from(*sampling);
  if (const auto* fallback = arguments.get(4); fallback != nullptr && !fallback->is(SpecKind::none)) p.fallback = number_or(fallback, 0);
}

void read_choice(const SpecValue& space, Hyperparameter& p) {
  p.choices = space.items.size() == 1 && space.items[0].is(SpecKind::list) ? space.items[0].items : space.items;
  p.ordered = std::all_of(p.choices.begin(), p.choices.end(), [](const SpecValue& c) { return c.is(SpecKind::number); });
  for (std::size_t i = 0; i < p.choices.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (p.choices[i] == p.choices[k])
        throw bad_space(p.choices[i], "'" + p.name + "' has a choice twice", "different values", p.choices[i].print());
  for (const auto& k : space.keywords) {
    if (same_name(k.name, "ordered")) {
      p.ordered = spec_boolean(k.value);
    } else if (same_name(k.name, "default")) {
      const auto found = std::find(p.choices.begin(), p.choices.end(), k.value);
      if (found == p.choices.end())
        throw bad_space(k.value, "the default of '" + p.name + "' is not one of its choices", space.print(), k.value.print());
      p.fallback = static_cast<double>(found - p.choices.begin());
    } else {
      throw bad_space(k.value, "choice has no value '" + k.name + "'", "choices, ordered, default", k.name);
    }
  }
}

Hyperparameter hyperparameter_from(const SpecValue& searched, const Conditions& conditions) {
  const SpecValue& space = searched.items.at(0);
  Hyperparameter p{.name = searched.text};
  if (space.text == "choice") {
    p.kind = HyperparameterKind::choice;
    read_choice(space, p);
  } else if (space.text == "boolean") {
    p.kind = HyperparameterKind::boolean;
    const SpaceArguments arguments{.space = space, .names = {"default"}};
    arguments.check();
    if (const auto* fallback = arguments.get(0)) p.fallback = spec_boolean(*fallback) ? 1 : 0;
  } else {
    p.kind = space.text == "int" ? HyperparameterKind::integer : HyperparameterKind::real;
    read_range(space, p);
  }
  if (!conditions.empty()) p.conditions = {conditions};
  try {
    check_hyperparameter(p);
  } catch (const Error& e) {
    throw bad_space(searched, "'" + p.name + "': " + e.info().what, e.info().expected, e.info().got);
  }
  return p;
}

bool is_repeat(const SpecValue& tree) { return tree.is(SpecKind::call) && same_name(tree.text, "repeat") && tree.items.size() == 2; }

std::string copy_suffix(std::int64_t i) { return "_" + std::to_string(i); }

void add_all(Space& space, const SpecValue& tree, const Conditions& conditions);

void add_value(Space& space, const SpecValue& searched, const Conditions& conditions) {
  const Hyperparameter p = hyperparameter_from(searched, conditions);
  space.add(p);
  for (std::size_t i = 0; i < p.choices.size(); ++i) {
    Conditions inner = conditions;
    inner.push_back({.parent = p.name, .values = {static_cast<double>(i)}});
    add_all(space, p.choices[i], inner);
  }
}

constexpr std::int64_t most_copies = 1000;

void add_repeat(Space& space, const SpecValue& tree, const Conditions& conditions) {
  const SpecValue& count = tree.items[0];
  add_all(space, count, conditions);
  if (searched_values(tree.items[1]).empty()) return;
  if (!count.is(SpecKind::searched)) {
    const std::int64_t n = spec_integer(count, 0, most_copies);
    for (std::int64_t i = 0; i < n; ++i) add_all(space, with_suffix(tree.items[1], copy_suffix(i)), conditions);
    return;
  }
  const Hyperparameter p = hyperparameter_from(count, {});
  std::vector<std::pair<double, std::int64_t>> counts;  // value of the hyperparameter, copies that it makes
  for (const double value : p.grid()) counts.emplace_back(value, spec_integer(p.spec(value), 0, most_copies));
  std::int64_t most = 0;
  for (const auto& [value, copies] : counts) most = std::max(most, copies);
  for (std::int64_t i = 0; i < most; ++i) {
    Condition with_copy{.parent = p.name};
    for (const auto& [value, copies] : counts)
      if (copies > i) with_copy.values.push_back(value);
    Conditions inner = conditions;
    if (with_copy.values.size() < counts.size() || !conditions.empty()) inner.push_back(with_copy);
    add_all(space, with_suffix(tree.items[1], copy_suffix(i)), inner);
  }
}

void add_all(Space& space, const SpecValue& tree, const Conditions& conditions) {
  if (tree.is(SpecKind::searched)) return add_value(space, tree, conditions);
  if (is_repeat(tree)) return add_repeat(space, tree, conditions);
  for (const auto& item : tree.items) add_all(space, item, conditions);
  for (const auto& k : tree.keywords) add_all(space, k.value, conditions);
}

SpecValue choose(const SpecValue& searched, const Space& space, const Values& values) {
  const Hyperparameter& p = space.at(searched.text);
  const double* value = values.find(p.name);
  if (value == nullptr)
    throw Error({.category = Category::usage,
                 .where = "hyperparameter '" + p.name + "'",
                 .what = "has no value in this trial",
                 .expected = p.text()});
  return p.spec(*value);
}

/// Copies of the body, with their own values: what with_chosen then fills in.
SpecValue written_out(const SpecValue& tree, const Space& space, const Values& values) {
  if (is_repeat(tree) && !searched_values(tree).empty()) {
    SpecValue count = tree.items[0];
    if (count.is(SpecKind::searched)) count = choose(count, space, values);
    SpecValue copies{.kind = SpecKind::pipeline};
    const std::int64_t n = spec_integer(count, 0, most_copies);
    for (std::int64_t i = 0; i < n; ++i) copies.items.push_back(written_out(with_suffix(tree.items[1], copy_suffix(i)), space, values));
    return copies;
  }
  SpecValue out = tree;
  if (tree.is(SpecKind::searched)) return written_out(choose(tree, space, values), space, values);
  for (auto& item : out.items) item = written_out(item, space, values);
  for (auto& k : out.keywords) k.value = written_out(k.value, space, values);
  return out;
}

/// The text as a spec, or nothing where it is none: paths and formulas hold no searched values.
std::optional<SpecValue> parsed(const std::string& text, std::string_view what) {
  if (text.find(':') == std::string::npos) return {};
  for (const char* space : {":int(", ":float(", ":choice(", ":boolean"})
    if (text.find(space) != std::string::npos) return parse_spec(text, what);
  SpecValue tree = [&] {
    try {
      return parse_spec(text, what);
    } catch (const Error&) {
      return SpecValue{};
    }
  }();
  if (searched_values(tree).empty()) return {};
  return tree;
}

}  // namespace

void add_searched(Space& space, const SpecValue& tree, bool structural) {
  Space found;
  add_all(found, tree, {});
  for (Hyperparameter p : found.parameters()) {
    const bool changes_slots = std::any_of(p.choices.begin(), p.choices.end(), [](const SpecValue& c) { return c.named(); });
    p.structural = structural || changes_slots;
    space.add(std::move(p));
  }
}

SpecValue with_values(const SpecValue& tree, const Space& space, const Values& values) {
  // with_chosen also flattens the pipelines that copies and chosen pipelines leave inside a pipeline.
  return with_chosen(written_out(tree, space, values), [&](const SpecValue& searched) { return choose(searched, space, values); });
}

bool searches(const std::string& text, std::string_view what) {
  const auto tree = parsed(text, what);
  return tree && !searched_values(*tree).empty();
}

std::string text_with_values(const std::string& text, std::string_view what, const Space& space, const Values& values) {
  const auto tree = parsed(text, what);
  if (!tree || searched_values(*tree).empty()) return text;
  const SpecValue chosen = with_values(*tree, space, values);
  return chosen.is(SpecKind::string) || chosen.is(SpecKind::word) ? chosen.text : chosen.print();
}

Space space_of(const std::vector<Setting>& settings) {
  Space space;
  for (const auto& s : settings)
    for (const auto& value : s.values)
      if (const auto tree = parsed(value, "--" + s.flag)) add_searched(space, *tree, s.flag != "optimizer" && s.flag != "learning-rate");
  return space;
}

std::vector<Setting> settings_with_values(const std::vector<Setting>& settings, const Space& space, const Values& values) {
  std::vector<Setting> out = settings;
  for (auto& s : out)
    for (auto& value : s.values) value = text_with_values(value, "--" + s.flag, space, values);
  return out;
}

}  // namespace lehr
