// tune_job.h: `lehr tune` as a value: what is searched, by whom, for how long. It is stored with the study, so that a worker anywhere needs
// nothing but the storage and the study's name.
#pragma once

#include <string>
#include <vector>

#include "tune/space/search_spec.h"
#include "tune/study/trial.h"

namespace lehr {

struct TuneJob {
  std::vector<Setting> settings = {};        ///< fit's flags as typed, searched values in them
  std::vector<std::string> objectives = {};  ///< none: val_loss
  std::string oracle = "tpe", pruner = {};
  std::int64_t trials = 0;         ///< 0: as many as the oracle wants
  std::int64_t epochs_budget = 0;  ///< 0: no limit
  double seconds_budget = 0;       ///< 0: no limit
  double disk_budget = 0;          ///< bytes of checkpoints; 0: no limit
  std::int64_t folds = 0;          ///< 0: none
  bool stratified = false;
  std::int64_t executions_per_trial = 1;
  std::string score = "best";  ///< or last: which epoch's objective counts
  std::string command = {};    ///< a program instead of a model
  std::uint64_t seed = 0;

  // Of this process, not of the study.
  std::string study = {}, storage = "sqlite:///studies.db", folder = {};
  int jobs = 1;
  bool fresh = false, isolate = false;
  double lease_seconds = 60;
  std::int64_t own_trials = 0;  ///< stop after so many of one's own; 0: no limit
};

JsonValue to_json(const TuneJob& job);  ///< the study's part
TuneJob tune_job_from_json(const JsonValue& json);
std::vector<Objective> objectives_of(const TuneJob& job);

/// What differs in meaning, a line each; budgets and the oracle may change. Empty: the study can go on.
std::string difference(const TuneJob& before, const TuneJob& now);

}  // namespace lehr
