// hyperparameter.h: one value to be searched: which values it may take, how it is sampled, and when it matters at all.
//
// A value is a double: the number itself, or for choices and booleans the index of the alternative. The same numbers stand in Optuna's tables.
// `position` and `at` map values to [0, 1) and back as KerasTuner's value_to_prob and prob_to_value do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/json.h"
#include "engine/spec/value.h"

namespace lehr {

enum class Sampling : std::uint8_t { linear, log, reverse_log };
std::string_view name_of(Sampling sampling);

enum class HyperparameterKind : std::uint8_t { integer, real, choice, boolean };

/// Holds while the parent is active and has one of these values.
struct Condition {
  std::string parent = {};
  std::vector<double> values = {};
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct Hyperparameter {
  std::string name = {};
  HyperparameterKind kind = HyperparameterKind::integer;
  double low = 0, high = 0;         ///< both included
  std::optional<double> step = {};  ///< a summand, or under log sampling a factor; whole numbers without one: every number
  Sampling sampling = Sampling::linear;
  std::vector<SpecValue> choices = {};                  ///< may hold searched values of their own
  bool ordered = false;                                 ///< of choices: neighbours are alike
  std::optional<double> fallback = {};                  ///< unset: low, or the first choice
  std::vector<std::vector<Condition>> conditions = {};  ///< active while all of any one list hold; empty: always
  bool structural = false;                              ///< of the network or the data: weights of another value do not fit

  bool categorical() const { return kind == HyperparameterKind::choice || kind == HyperparameterKind::boolean; }
  double default_value() const { return fallback.value_or(categorical() ? 0 : low); }
  /// How many values there are; nothing for a continuum.
  std::optional<std::uint64_t> count() const;
  /// Those a grid tries, ascending: all of them where they are stepped or choices, else ten that divide the range.
  std::vector<double> grid() const;
  double at(double position) const;
  double position(double value) const;
  bool allows(double value) const;  ///< inside the bounds and on a step

  SpecValue spec(double value) const;                             ///< as it stands in a spec
  std::string label(double value) const;                          ///< as people read it: `320`, `1e-04`, `sgd`
  JsonValue json(double value) const;                             ///< 320, 0.0001, "sgd", true
  std::optional<double> from_json(const JsonValue& value) const;  ///< nothing where it is not one of the values
  std::string text() const;                                       ///< canonical: units:int(32, 512, step=32) with default and conditions

  friend bool operator==(const Hyperparameter& a, const Hyperparameter& b) { return a.text() == b.text(); }
};

/// Throws Error{usage} about `where` for bounds, steps and defaults that cannot be.
void check_hyperparameter(const Hyperparameter& p);

}  // namespace lehr
