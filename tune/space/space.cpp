#include "tune/space/space.h"

#include <algorithm>
#include <array>

#include "engine/data/row_hash.h"
#include "engine/spec/names.h"

namespace lehr {

const double* Values::find(std::string_view name) const {
  for (const auto& [key, value] : entries_)
    if (key == name) return &value;
  return nullptr;
}

void Values::set(std::string_view name, double value) {
  for (auto& [key, held] : entries_)
    if (key == name) {
      held = value;
      return;
    }
  entries_.emplace_back(name, value);
}

void Space::add(Hyperparameter p) {
  check_hyperparameter(p);
  for (auto& known : parameters_) {
    if (known.name != p.name) continue;
    Hyperparameter a = known, b = p;
    a.conditions = b.conditions = {};
    if (!(a == b))
      throw Error({.category = Category::usage,
                   .where = "hyperparameter '" + p.name + "'",
                   .what = "stands twice with different values",
                   .expected = a.text(),
                   .got = b.text(),
                   .hint = "Give one of them another name."});
    if (known.conditions.empty() || p.conditions.empty()) {
      known.conditions = {};
    } else {
      for (auto& list : p.conditions)
        if (std::find(known.conditions.begin(), known.conditions.end(), list) == known.conditions.end())
          known.conditions.push_back(std::move(list));
    }
    return;
  }
  for (const auto& list : p.conditions)
    for (const auto& condition : list)
      if (find(condition.parent) == nullptr)
        throw Error({.category = Category::usage,
                     .where = "hyperparameter '" + p.name + "'",
                     .what = "depends on one that is not there",
                     .expected = "'" + condition.parent + "' before it"});
  parameters_.push_back(std::move(p));
}

const Hyperparameter* Space::find(std::string_view name) const {
  for (const auto& p : parameters_)
    if (p.name == name) return &p;
  return nullptr;
}

const Hyperparameter& Space::at(std::string_view name) const {
  if (const auto* found = find(name)) return *found;
  std::vector<std::string> names;
  for (const auto& p : parameters_) names.push_back(p.name);
  throw Error({.category = Category::usage,
               .where = "search space",
               .what = "there is no hyperparameter '" + std::string(name) + "'",
               .expected = joined(names),
               .got = std::string(name),
               .hint = did_you_mean(nearest(name, names))});
}

bool Space::active(const Hyperparameter& p, const Values& values) const {
  const auto holds = [&](const Condition& c) {
    const double* parent = values.find(c.parent);
    return parent != nullptr && std::find(c.values.begin(), c.values.end(), *parent) != c.values.end();
  };
  return p.conditions.empty() ||
         std::any_of(p.conditions.begin(), p.conditions.end(), [&](const auto& all) { return std::all_of(all.begin(), all.end(), holds); });
}

Values Space::fill(const std::function<double(const Hyperparameter&)>& choose) const {
  Values out;
  for (const auto& p : parameters_)
    if (active(p, out)) out.set(p.name, choose(p));
  return out;
}

Values Space::defaults() const {
  return fill([](const Hyperparameter& p) { return p.default_value(); });
}

std::optional<std::vector<Values>> Space::walk(std::size_t limit,
                                               const std::function<std::vector<double>(const Hyperparameter&)>& candidates) const {
  std::vector<Values> out;
  bool too_many = false;
  const std::function<void(std::size_t, const Values&)> descend = [&](std::size_t i, const Values& so_far) {
    if (too_many) return;
    if (i == parameters_.size()) {
      out.push_back(so_far);
      too_many = out.size() > limit;
      return;
    }
    if (!active(parameters_[i], so_far)) return descend(i + 1, so_far);
    for (const double value : candidates(parameters_[i])) {
      Values next = so_far;
      next.set(parameters_[i].name, value);
      descend(i + 1, next);
    }
  };
  descend(0, {});
  if (too_many) return {};
  return out;
}

namespace {

std::vector<double> default_first(const Hyperparameter& p) {
  auto values = p.grid();
  const double first = p.default_value();
  values.erase(std::remove(values.begin(), values.end(), first), values.end());
  values.insert(values.begin(), first);
  return values;
}

}  // namespace

std::optional<std::vector<Values>> Space::grid(std::size_t limit) const { return walk(limit, default_first); }

std::optional<std::vector<Values>> Space::points(std::size_t limit) const {
  for (const auto& p : parameters_) {
    const auto n = p.count();
    if (!n || *n > limit) return {};
  }
  return walk(limit, [](const Hyperparameter& p) {
    if (p.categorical() || p.step || p.sampling == Sampling::linear) return p.grid();
    std::vector<double> all;  // whole numbers sampled by logarithm: a grid would take ten of them
    for (double v = p.low; v <= p.high; ++v) all.push_back(v);
    return all;
  });
}

std::optional<std::uint64_t> Space::count(std::uint64_t limit) const {
  const bool free = std::all_of(parameters_.begin(), parameters_.end(), [](const auto& p) { return p.conditions.empty(); });
  if (free) {
    std::uint64_t total = 1;
    for (const auto& p : parameters_) {
      const auto n = p.count();
      if (!n || *n == 0 || total > limit / *n) return {};
      total *= *n;
    }
    return total;
  }
  const auto all = points(std::min<std::uint64_t>(limit, 100'000));
  if (!all) return {};
  return all->size();
}

std::string Space::text() const {
  std::string out;
  for (const auto& p : parameters_) out += p.text() + "\n";
  return out;
}

std::string hex16(std::uint64_t value) {
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4U) out[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15U];
  return out;
}

std::string Space::hash() const {
  ContentHash h;
  h.add(text());
  return hex16(h.value());
}

std::string Space::label(const Values& values) const {
  std::string out;
  for (const auto& p : parameters_) {
    const double* value = values.find(p.name);
    if (value != nullptr) out += (out.empty() ? "" : ", ") + p.name + "=" + p.label(*value);
  }
  return out;
}

JsonValue Space::json(const Values& values) const {
  JsonValue out = JsonValue::object();
  for (const auto& p : parameters_) {
    const double* value = values.find(p.name);
    if (value != nullptr) out.append(p.name, p.json(*value));
  }
  return out;
}

std::string difference(const Space& before, const Space& now) {
  std::string out;
  for (const auto& p : before.parameters()) {
    const auto* other = now.find(p.name);
    if (other == nullptr) out += "- " + p.text() + "\n";
    if (other != nullptr && !(*other == p)) out += "- " + p.text() + "\n+ " + other->text() + "\n";
  }
  for (const auto& p : now.parameters())
    if (before.find(p.name) == nullptr) out += "+ " + p.text() + "\n";
  return out;
}

}  // namespace lehr
