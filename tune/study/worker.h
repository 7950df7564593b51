// worker.h: a process's part in a study: it claims trials, trains several at once, reports, and takes up what dead workers left.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "tune/study/trial_fit.h"

namespace lehr {

struct TuneHooks {
  std::function<void(const std::string& line)> say = {};
  std::function<void(const std::string& text)> board = {};  ///< the best trials after each, a line each: to stand below what is said
  std::function<bool()> interrupted = {};
  const DataSplits* data = nullptr;  ///< already loaded
  std::string program = {};          ///< lehr itself, for --isolate
};

struct TuneResult {
  std::string study = {};
  std::vector<Trial> trials = {};
  std::int64_t epochs_run = 0;
  const Trial* best = nullptr;  ///< into trials
  Space space = {};
  std::vector<Objective> objectives = {};
  std::string why = {};  ///< it ended
  double seconds = 0;
  bool interrupted = false;
};

/// Makes or reopens the study, prints its plan, works until it is done. A study of another space, data or settings is Error{usage} with the
/// difference.
TuneResult run_tune(const TuneJob& job, const TuneHooks& hooks = {});
/// The study alone, for workers elsewhere; its name.
std::string make_study(const TuneJob& job, const TuneHooks& hooks = {});
/// `lehr worker`: of a study that exists; everything else is read from it. Optuna's studies need the job's settings.
TuneResult run_worker(const TuneJob& job, const TuneHooks& hooks = {});
/// The study as it stands.
TuneResult read_study(const std::string& storage, const std::string& study);
/// The study's stored job. Error{usage} where there is none.
TuneJob stored_job(const std::string& storage, const std::string& study);

std::int64_t trained_epochs(const Trial& trial);
int threads_of(const TuneJob& job);  ///< of each trial: its share of the process's
/// `lehr fit` with a trial's values.
std::string fit_command(const TuneJob& job, const Space& space, const Trial& trial);
std::string tune_json(const TuneResult& result);
/// The best five, what runs, what failed; a line each.
std::string leaderboard(const Space& space, const std::vector<Objective>& objectives, std::span<const Trial> trials);
/// What is printed before a study begins.
std::string plan_text(const TuneJob& job, const Space& space, SharedData& data, const std::vector<Trial>& done);

}  // namespace lehr
