#include "tune/space/hyper_parameters.h"

#include <algorithm>

namespace lehr {

double HyperParameters::declare(Hyperparameter p) {
  if (!scopes_.empty()) p.conditions = {scopes_};
  const double fallback = p.default_value();
  const std::string name = p.name;
  space_.add(std::move(p));
  if (const double* chosen = values_.find(name)) return *chosen;
  values_.set(name, fallback);
  return fallback;
}

std::int64_t HyperParameters::Int(const std::string& name, std::int64_t min_value, std::int64_t max_value, RangeOptions options) {
  return static_cast<std::int64_t>(declare({.name = name,
                                            .kind = HyperparameterKind::integer,
                                            .low = static_cast<double>(min_value),
                                            .high = static_cast<double>(max_value),
                                            .step = options.step,
                                            .sampling = options.sampling,
                                            .fallback = options.default_value}));
}

double HyperParameters::Float(const std::string& name, double min_value, double max_value, RangeOptions options) {
  return declare({.name = name,
                  .kind = HyperparameterKind::real,
                  .low = min_value,
                  .high = max_value,
                  .step = options.step,
                  .sampling = options.sampling,
                  .fallback = options.default_value});
}

std::string HyperParameters::Choice(const std::string& name, std::initializer_list<const char*> values) {
  Hyperparameter p{.name = name, .kind = HyperparameterKind::choice};
  for (const char* v : values) p.choices.push_back(SpecValue::of(v));
  const Hyperparameter copy = p;
  return copy.label(declare(std::move(p)));
}

double HyperParameters::Choice(const std::string& name, std::initializer_list<double> values) {
  Hyperparameter p{.name = name, .kind = HyperparameterKind::choice, .ordered = true};
  for (const double v : values) p.choices.push_back(SpecValue::of(v));
  const std::vector<double> numbers(values);
  return numbers.at(static_cast<std::size_t>(declare(std::move(p))));
}

bool HyperParameters::Boolean(const std::string& name, bool default_value) {
  return declare({.name = name, .kind = HyperparameterKind::boolean, .fallback = default_value ? std::optional(1.0) : std::nullopt}) != 0;
}

HyperParameters::Scope HyperParameters::conditional_scope(const std::string& parent, const std::vector<SpecValue>& values) {
  const Hyperparameter& p = space_.at(parent);
  Condition condition{.parent = parent};
  for (const auto& value : values) {
    const auto grid = p.grid();
    const auto found = std::find_if(grid.begin(), grid.end(), [&](double v) { return p.spec(v) == value || p.label(v) == value.text; });
    if (found == grid.end())
      throw Error({.category = Category::usage,
                   .where = "conditional_scope(\"" + parent + "\")",
                   .what = "is never so",
                   .expected = p.text(),
                   .got = value.print()});
    condition.values.push_back(*found);
  }
  scopes_.push_back(std::move(condition));
  return Scope(*this);
}

namespace {

/// Varies one value at a time: what is declared under some of its values only depends on it.
class Discovery {
 public:
  explicit Discovery(const std::function<void(HyperParameters&)>& build) : build_(build) {}

  Space run() {
    explore({}, {}, [](const Hyperparameter&) { return true; });
    return std::move(space_);
  }

 private:
  struct Found {
    Hyperparameter p;
    std::vector<Condition> conditions;
    Values seen_with;
  };

  std::vector<Hyperparameter> declared(const Values& given) const {
    HyperParameters hp(given);
    build_(hp);
    return hp.space().parameters();
  }

  static bool holds(const std::vector<Hyperparameter>& list, const std::string& name) {
    return std::any_of(list.begin(), list.end(), [&](const auto& p) { return p.name == name; });
  }

  void explore(const Values& given, const std::vector<Condition>& conditions, const std::function<bool(const Hyperparameter&)>& vary) {
    const auto base = declared(given);
    std::vector<Found> found;
    for (const auto& p : base)
      if (space_.find(p.name) == nullptr) found.push_back({.p = p, .conditions = conditions, .seen_with = given});
    for (const auto& p : base)
      if (vary(p) && p.count().value_or(0) > 1 && *p.count() <= most_values) try_values(p, given, conditions, base, found);
    for (auto& f : found) {
      if (f.p.conditions.empty() && !f.conditions.empty()) f.p.conditions = {f.conditions};
      space_.add(f.p);
    }
    for (const auto& f : found)
      if (!holds(base, f.p.name)) explore(f.seen_with, f.conditions, [&](const Hyperparameter& p) { return p.name == f.p.name; });
  }

  void try_values(const Hyperparameter& parent, const Values& given, const std::vector<Condition>& conditions,
                  const std::vector<Hyperparameter>& base, std::vector<Found>& found) const {
    std::vector<std::pair<Hyperparameter, std::vector<double>>> where;  // under which of the parent's values it is declared
    const auto values = parent.grid();
    for (const double value : values) {
      Values with = given;
      with.set(parent.name, value);
      for (const auto& p : declared(with)) {
        auto at = std::find_if(where.begin(), where.end(), [&](const auto& w) { return w.first.name == p.name; });
        if (at == where.end()) at = where.insert(where.end(), {p, {}});
        at->second.push_back(value);
      }
    }
    for (const auto& [p, under] : where) {
      if (under.size() == values.size() || space_.find(p.name) != nullptr) continue;
      const Condition condition{.parent = parent.name, .values = under};
      if (holds(base, p.name)) {
        for (auto& f : found)
          if (f.p.name == p.name) f.conditions.push_back(condition);
        continue;
      }
      Found f{.p = p, .conditions = conditions, .seen_with = given};
      f.conditions.push_back(condition);
      f.seen_with.set(parent.name, under.front());
      found.push_back(std::move(f));
    }
  }

  static constexpr std::uint64_t most_values = 64;
  const std::function<void(HyperParameters&)>& build_;
  Space space_;
};

}  // namespace

Space discover(const std::function<void(HyperParameters&)>& build) { return Discovery(build).run(); }

}  // namespace lehr
