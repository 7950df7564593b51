// trial.h: one try of a search: its values, what it reported, how it ended. States are Optuna's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/json.h"
#include "tune/space/space.h"

namespace lehr {

enum class TrialState : std::uint8_t { running, complete, pruned, fail, waiting };
std::string_view name_of(TrialState state);  ///< RUNNING, COMPLETE, PRUNED, FAIL, WAITING

/// Where an oracle put a trial: which epochs it trains, and whose weights it goes on with.
struct Stage {
  std::int64_t epochs = 0;  ///< the end index; 0: as many as the job says
  std::int64_t initial_epoch = 0;
  std::int64_t bracket = 0, round = 0;      ///< rung, generation
  std::optional<std::int64_t> source = {};  ///< number of the trial that this one continues
  friend bool operator==(const Stage&, const Stage&) = default;
};
JsonValue to_json(const Stage& stage);
Stage stage_from_json(const JsonValue& json);

struct Trial {
  std::int64_t id = 0;      ///< of the storage
  std::int64_t number = 0;  ///< from 0 within the study
  TrialState state = TrialState::waiting;
  Values params = {};
  std::vector<double> values = {};                                 ///< one an objective
  std::vector<std::pair<std::int64_t, double>> intermediate = {};  ///< (epoch from 0, objective), ascending
  Stage stage = {};
  std::vector<std::pair<std::string, JsonValue>> user_attrs = {};
  std::vector<std::pair<std::string, JsonValue>> system_attrs = {};
  double started = 0, ended = 0;  ///< seconds since 1970, 0: not yet

  bool finished() const { return state == TrialState::complete || state == TrialState::pruned || state == TrialState::fail; }
  const JsonValue* user_attr(std::string_view key) const;
  const JsonValue* system_attr(std::string_view key) const;
  double seconds() const { return started > 0 && ended > 0 ? ended - started : 0; }
};

/// What is searched for: names as in the history, and whether more is better.
struct Objective {
  std::string name = {};
  bool maximize = false;
};
/// Keras's and KerasTuner's rules: val_accuracy up, val_loss down. Error{usage} for a name whose direction is not known.
Objective objective_from(const std::string& name);

}  // namespace lehr
