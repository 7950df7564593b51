// experiment.h: an experiment of the lecture as data: what is asked, what the lecture printed, and the fit job that answers it at a scale.
#pragma once

#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "engine/json.h"
#include "tune/fit_job.h"

namespace lehr {

enum class Scale : std::uint8_t { lecture, laptop, smoke };
Scale scale_from(const std::string& name);  ///< Error{usage}
std::string_view name_of(Scale scale);

struct LectureValue {
  double test_accuracy = std::numeric_limits<double>::quiet_NaN();
  std::string time = {};  ///< as printed
};

struct Experiment {
  std::string name, section, question;
  LectureValue lecture = {};
  std::vector<std::string> variants = {};  ///< beside the printed one
  FitJob (*job)(const Experiment&, Scale, const std::string& variant) = nullptr;
  double learning_rate = 0;  ///< the lecture's
  std::int64_t epochs = 0;
};

struct ExperimentOptions {
  Scale scale = Scale::laptop;
  std::string data = {}, variant = {};
  std::int64_t repeat = 1;
  FitJob flags = {};  ///< device, precision, threads, seed, data_dir
  FitJobHooks hooks = {};
};

struct ExperimentRun {
  std::string run = {};
  std::uint64_t seed = 0;
  std::int64_t epochs = 0, best_epoch = 0;
  double val_accuracy = 0, test_accuracy = 0, test_loss = 0, seconds = 0;
  Verdict verdict = {};
};
struct ExperimentReport {
  std::string experiment;
  Scale scale = Scale::laptop;
  LectureValue lecture = {};
  std::vector<ExperimentRun> runs = {};
  History history = {};  ///< of the first run
  std::vector<std::string> pictures = {};
  bool interrupted = false;
};

/// Throws Error{data} where the lecture's scale needs a weights file that is not there.
ExperimentReport run_experiment(const Experiment& experiment, const ExperimentOptions& options);
JsonValue experiment_json(const ExperimentReport& report);
/// Ours beside the lecture's, and the verdict in words.
std::string experiment_text(const Experiment& experiment, const ExperimentReport& report);

}  // namespace lehr
