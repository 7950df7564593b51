// experiment.h: an experiment of the lecture as data: what is asked, what the lecture did and got, and the fit job that asks it at a scale.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tune/collapse.h"
#include "tune/descent.h"
#include "tune/find_lr_job.h"
#include "tune/fit_job.h"
#include "tune/killed_run.h"
#include "tune/study/cross_validation.h"
#include "tune/study/importance.h"

namespace lehr {

enum class Scale : std::uint8_t { lecture, laptop, smoke };
Scale scale_from(const std::string& name);  ///< Error{usage}
std::string_view name_of(Scale scale);

/// What the lecture printed. NaN and empty: it printed nothing.
struct LectureRun {
  std::string setting = {};  ///< network, data
  double learning_rate = 0;  ///< 0, and 0 epochs: it printed none
  std::int64_t epochs = 0;
  double test_accuracy = std::numeric_limits<double>::quiet_NaN();
  std::string time = {};                                           ///< 2:57, on the lecturer's GPU
  double val_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< of a search's best trial
  std::string found = {};                                          ///< its values: units 320, learning rate 0.001
};

struct ExperimentChoice {
  Scale scale = Scale::laptop;
  std::string variant = {};
  std::optional<std::int64_t> classes = {};  ///< of the data; unset: those of the scale's own
};

/// What happens before the training: a search whose best trial is trained again, or a cross-validation.
struct ExperimentSearch {
  TuneJob tune = {};                  ///< oracle, objectives; settings: flags of the job with searched values in them
  std::int64_t cross_validation = 0;  ///< so many folds of the job, and no search
  std::int64_t retrain_epochs = 0;    ///< without callbacks; 0: as the best trial was trained
  std::int64_t finalize = 0;          ///< seeds: retrained and tested as `lehr tune finalize` does
  bool defaults = false;              ///< the job as it is, trained beside the best
  bool importance = false;
};

/// An experiment at a scale.
struct ExperimentPlan {
  FitJob job = {};                    ///< with a search: typical values
  std::optional<FitJob> base = {};    ///< trained once, if it is not in the folder that its `run` names: job.model begins with its weights
  std::optional<FitJob> before = {};  ///< trained first, with each seed: the job begins with all its weights
  Shape input = {};                   ///< of a sample
  std::int64_t samples = 0;           ///< to train on, of the scale's own data
  std::int64_t classes = 0;
  double samples_per_s = 0;                ///< trained, validation included, by two AVX-512 cores
  std::int64_t likely_epochs = 0;          ///< what callbacks usually leave of the planned ones; 0: all
  std::int64_t kill_after = 0;             ///< > 0: a second process repeats the run, is killed after so many epochs and gone on with
  std::vector<double> descent_rates = {};  ///< not empty: no training but steps on a parabola at these rates; `job` says which in words
  std::optional<ExperimentSearch> search = {};
  std::optional<RangeTestOptions> finder = {};  ///< the rate comes from a range test: its valley
};

struct ExperimentReport;

struct Experiment {
  std::string name, section, question;
  std::string lesson = {};  ///< what one learns from it
  LectureRun lecture = {};
  std::vector<std::string> variants = {};  ///< beside the printed one
  ExperimentPlan (*plan)(const Experiment&, const ExperimentChoice&) = nullptr;
  /// Where the lecture's own run fell into a trap and ours shows it: a sentence each. `others`: what ran before in the same command.
  std::vector<std::string> (*traps)(const Experiment&, const ExperimentReport&, std::span<const ExperimentReport> others) = nullptr;
};

/// Error{usage} where the experiment has no such variant.
ExperimentPlan plan_of(const Experiment& experiment, const ExperimentChoice& choice);
double expected_seconds(const ExperimentPlan& plan);

/// A network with pretrained weights is never trained from random ones: Error{data} with the command that fetches the file.
void require_weights(const ExperimentPlan& plan);

struct ExperimentOptions {
  Scale scale = Scale::laptop;
  std::string data = {}, variant = {};
  std::int64_t repeat = 1;
  FitJob flags = {};  ///< device, precision, threads, seed, data_dir, overwrite; run: with several repeats the folder that holds theirs
  FitJobHooks hooks = {};
  std::string program = "/proc/self/exe";                 ///< `lehr`, for the process that is killed
  std::function<void(const std::string& line)> say = {};  ///< of a search: its plan, a line a trial
};

struct ExperimentRun {
  std::string run = {};
  std::uint64_t seed = 0;
  std::int64_t epochs = 0, best_epoch = 0;
  double val_accuracy = 0, test_accuracy = 0, test_loss = 0, seconds = 0;  ///< test: of the weights held at the end
  double best_test_accuracy = std::numeric_limits<double>::quiet_NaN(), best_test_loss = best_test_accuracy;  ///< of best.weights.h5
  std::optional<double> found_rate = {};  ///< a range test's, where the plan has one
  bool restored = false;                  ///< the weights held are the best epoch's
  std::string before = {};                ///< run of the phase before; its accuracy
  double before_test_accuracy = std::numeric_limits<double>::quiet_NaN();
  double largest_class_share = 0;  ///< of the test set: what always naming that class scores
  Verdict verdict = {};
  std::string why = {};  ///< a collapse explained by what the trained network shows; else empty
  History history = {};
  std::optional<KilledRun> killed = {};
};

struct MeanError {
  double mean = std::numeric_limits<double>::quiet_NaN(), error = std::numeric_limits<double>::quiet_NaN();
};
/// Over the runs; the standard error is sd / sqrt(n), NaN for one run.
MeanError mean_error(const std::vector<ExperimentRun>& runs, double ExperimentRun::* value);

/// A search of one seed, as it ended.
struct ExperimentSearchResult {
  std::uint64_t seed = 0;
  TuneResult tune = {};
  std::string storage = {};
  FitJob trained = {};  ///< the best trial's values, or the plan's job
  CrossValidationResult folds = {};
  std::optional<Finalized> finalized = {};
  std::optional<ExperimentRun> defaults = {};
  std::vector<Importance> importance = {};
  bool interrupted = false;
};

struct ExperimentReport {
  std::string experiment;
  Scale scale = Scale::laptop;
  ExperimentPlan plan = {};  ///< as it was run: data and classes resolved
  std::vector<ExperimentRun> runs = {};
  std::vector<ExperimentSearchResult> searches = {};  ///< one a run, where the plan has a search
  std::optional<FindLrReport> rates = {};             ///< a trace a run, where the plan has a finder
  std::vector<Descent> descents = {};                 ///< one a run, where the plan has rates for them
  std::string picture = {};                           ///< of the descents
  bool interrupted = false;
};

bool checks_hold(const ExperimentReport& report);  ///< a killed run that goes on, a closed form

/// Throws Error{data} where the lecture's scale needs a weights file that is not there, before any data is read.
ExperimentReport run_experiment(const Experiment& experiment, const ExperimentOptions& options);

}  // namespace lehr
