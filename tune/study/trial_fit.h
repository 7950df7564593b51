// trial_fit.h: one trial of a study trained: by the code of `lehr fit`, on data that all trials share.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tune/fit_job.h"
#include "tune/study/folds.h"
#include "tune/study/tune_job.h"

namespace lehr {

/// Data sets by the settings that make them: loaded once, read by every trial.
class SharedData {
 public:
  explicit SharedData(const DataSplits* given = nullptr) : given_(given) {}
  std::shared_ptr<const JobParts> get(const FitJob& job);
  std::size_t bytes();

 private:
  const DataSplits* given_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const JobParts>> held_;
};

/// What a trial may ask while it trains.
struct TrialWatch {
  /// The objective after an epoch (from 0); false: stop, as pruned.
  std::function<bool(std::int64_t epoch, double value)> report = {};
  std::function<bool()> interrupted = {};  ///< save and leave
  std::function<bool()> out_of_time = {};  ///< stop at the next epoch's end
  std::function<void(const std::string& line)> warn = {};
};

struct TrialRequest {
  std::vector<Setting> settings = {};  ///< with this trial's values
  std::vector<Objective> objectives = {};
  Stage stage = {};
  std::int64_t longest = 0;  ///< epochs that promotions may bring it to: schedules stretch over these in every round
  std::int64_t folds = 0;
  bool stratified = false;
  std::int64_t executions = 1;
  bool score_last = false;
  int threads = 0;
  std::uint64_t seed = 0;
  std::filesystem::path folder = {};         ///< of this trial's checkpoints; empty: none are kept
  std::filesystem::path source_folder = {};  ///< of the trial that this one continues
  bool keep_checkpoint = false;              ///< at its end, for a promotion
  double memory_limit = 0;                   ///< bytes; 0: none
};

struct TrialResult {
  TrialState state = TrialState::complete;
  std::vector<double> values = {};
  std::vector<double> runs = {};  ///< the first objective of each fold and execution
  std::string reason = {};
  std::int64_t epochs = 0;  ///< trained here
  std::optional<std::int64_t> best_epoch = {};
  bool interrupted = false;   ///< by `interrupted`: to be gone on with
  bool from_scratch = false;  ///< the weights to go on with were not there: trained from the beginning, to the same bits
  std::size_t memory = 0;
  NamedArrays best_weights = {};  ///< of the best epoch, where one run was trained
};

/// Throws Error for what is wrong with the settings.
TrialResult fit_trial(const TrialRequest& request, SharedData& data, const TrialWatch& watch = {});

/// What a point costs, from a training that is broken off after so many seconds. Throws what `fit_trial` would before the first step: a
/// network that cannot be, an objective or a monitor that will not be there.
struct TrialCost {
  std::size_t memory = 0;  ///< bytes beside the data
  double seconds_per_epoch = 0;
  std::int64_t steps_timed = 0, parameters = 0;
  std::size_t checkpoint = 0;  ///< bytes
};
TrialCost measure_trial(const TrialRequest& request, SharedData& data, double seconds = 1);

}  // namespace lehr
