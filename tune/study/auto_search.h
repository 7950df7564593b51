// auto_search.h: `lehr auto`: from data and a time to a trained network: the data is looked at, a space chosen, searched, the best trained on.
#pragma once

#include <functional>
#include <string>

#include "tune/fit_job.h"
#include "tune/study/worker.h"

namespace lehr {

struct AutoJob {
  FitJob fit = {};       ///< data and how it is read, device, threads, seed, run; no model
  double seconds = 600;  ///< in all
  int jobs = 1;          ///< trials at once
  std::string study = {}, storage = "sqlite:///studies.db";
};

/// What a network has to beat: on the same rows, by the search's objective.
struct AutoBaseline {
  std::string name = {};
  double value = 0, seconds = 0;
};

struct AutoResult {
  std::vector<AutoBaseline> baselines = {};  ///< of classes, where the time allows them
  TuneResult search = {};
  FitOutcome outcome = {};
  std::string command = {};  ///< `lehr fit …`: trains the same network again, bit for bit
  double seconds = 0;
  bool interrupted = false;
};

/// Three fifths of the time search, by successive halving; the best trial's values are then trained, for as many epochs as there is time left,
/// with early stopping at the best one. Error{failed} where no trial came to the end of an epoch.
AutoResult run_auto(const AutoJob& job, const TuneHooks& hooks = {}, const FitJobHooks& fit_hooks = {});
std::string auto_json(const AutoResult& result);

}  // namespace lehr
