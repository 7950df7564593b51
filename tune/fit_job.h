// fit_job.h: the whole of `lehr fit` as one call: data, model, run folder, training with checkpoints, evaluation, verdict, pictures.
// Experiments and the demo are fit jobs with other words around them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/load.h"
#include "engine/data/split.h"
#include "kernels/devices.h"
#include "tune/confusion.h"
#include "tune/feature_scaling.h"
#include "tune/keras_compile.h"
#include "tune/model.h"
#include "tune/run_summary.h"

namespace lehr {

/// Settings as the flags of `lehr fit` give them; names and defaults are those of the command.
struct FitJob {
  std::string model = {}, data = {};
  std::string validation = {};  ///< a data spec
  std::optional<double> validation_split = {};
  std::int64_t validation_freq = 1;  ///< epochs from one validation to the next
  std::string split = "last";
  std::uint64_t split_seed = 0;
  std::string optimizer = {};  ///< empty: the compiled model's, else adam
  std::string learning_rate = {}, loss = {};
  std::vector<std::string> metrics = {}, weighted_metrics = {};
  bool names_metrics() const { return !metrics.empty() || !weighted_metrics.empty(); }
  std::int64_t epochs = 10, batch_size = 32;
  bool shuffle = true;
  std::vector<std::string> callbacks = {};
  std::string augment = {};
  std::string image_size = {}, resize = "nearest", color = {};
  std::optional<double> rescale = {};
  std::string preprocess = "none";
  std::string scale_features = {};  ///< standard, minmax, robust; empty: none
  std::string initial_weights = {}, freeze = {}, class_weight = {};
  std::string memory = {};
  std::string exclude = {};  ///< a list of samples to leave out
  std::string evaluate_on = {};
  std::string device = "auto", precision = "float32", data_dir = {};
  std::string conv = "auto";            ///< on a GPU: auto, cudnn or ours
  bool autotune = false, fast = false;  ///< on a GPU: engines by measurement; engines that do not repeat their bits
  int threads = 0;
  std::uint64_t seed = 0;
  std::string name = "fit";                ///< of the run folder: <name>-<date>-<n>
  std::string run = {};                    ///< --run DIR; empty: runs/<name>-<date>-<n>
  bool overwrite = false, resume = false;  ///< resume: `run` names a run to go on with
  std::string runs_root = "runs";
};

struct FitOutcome {
  RunSummary summary = {};
  History history = {};
  bool interrupted = false;
  std::optional<ConfusionMatrix> confusion = {};  ///< of the evaluated set
  std::vector<std::string> class_names = {};
};

/// What a caller may watch and steer.
struct FitJobHooks {
  Renderer* renderer = nullptr;
  std::function<bool()> interrupted = {};
  std::function<void(std::int64_t done, std::int64_t total)> loading = {};
  const DataSplits* data = nullptr;  ///< already loaded: job.data is only its name
  std::string program = {};          ///< name and version, for checkpoints
};

FitOutcome run_fit_job(const FitJob& job, const FitJobHooks& hooks = {});

/// Pieces that other commands need as well.
/// The device that the job's flags name. Error{usage} for what it has not (tf32, --conv, --autotune and --fast on a CPU); Error{device} where
/// it is absent.
OpenedDevice open_device(const FitJob& job);
/// --memory (half of what the process may use where it is not given), less what is held already; --image-size, --color and the like.
LoadOptions job_load_options(const FitJob& job, const FitJobHooks& hooks = {}, std::size_t held = 0);
DataSplits load_job_data(const std::string& spec, const FitJob& job, const FitJobHooks& hooks = {}, std::size_t held = 0);
Network job_network(const FitJob& job);  ///< --model and --freeze
/// `own`: optimizer, loss and metrics of a compiled model, for those that no flag names.
ModelOptions model_options(const FitJob& job, const Dataset& data, const Compiled& own = {});
/// The job's data after the rules of "what silence means".
struct JobParts {
  Dataset train = {};
  std::optional<Dataset> validation = {}, test = {};
  std::vector<std::string> messages = {};
};
JobParts job_parts(const FitJob& job, DataSplits data, const FitJobHooks& hooks = {});
/// A model ready to train: loss and metrics chosen, initial weights read, slots allocated.
struct JobModel {
  std::unique_ptr<Model> model = {};
  Network augmentation = {};
  std::vector<std::string> messages = {};
  bool own_optimizer = false;                ///< a compiled model's, with its state unless --freeze began it anew
  std::optional<FeatureScaler> scaler = {};  ///< --scale-features, of the training part
};
JobModel make_job_model(const FitJob& job, const Dataset& train);
std::vector<std::pair<std::string, std::vector<std::string>>> job_settings(const FitJob& job);  ///< flag -> values, for config.toml
/// The other way; `where` names them in errors. Error{usage} for an unknown flag.
FitJob job_from_settings(const std::vector<std::pair<std::string, std::vector<std::string>>>& settings, const std::string& where);
constexpr const char* exclusion_file = "excluded.txt";  ///< of --exclude, kept in the run's folder
FitJob job_from_config(const std::string& file);        ///< the other way; Error{usage} for an unknown flag

/// `lehr evaluate RUN`: a model as a run left it, with its preprocessing.
struct LoadedRun {
  FitJob job;
  DataSplits data;  ///< the run's own
  std::unique_ptr<Model> model;
  std::string weights_file;
  std::vector<std::string> messages = {};  ///< what a model file says that is left out
};
/// weights: best, last or a file. `given`: its device and runs_root hold, its threads, memory and data_dir where they are set. Error{data}
/// where the run or the file is missing.
LoadedRun open_run(const std::string& run, const std::string& weights, const FitJob& given);
/// A model file, or a network with weights of its own (`vgg16(weights=imagenet)`), without a run: its compiled loss and metrics where it has them.
/// `data`: what it is evaluated on, bytes divided by 255 as fit does unless `given` says otherwise; null: it predicts, and arrays go in as they are.
/// `weights`: a file that the caller loads once the model is built, in place of the model's own, which are left alone then; empty: its own.
LoadedRun open_model(const std::string& text, const FitJob& given, const Dataset* data, const std::string& weights = {});

}  // namespace lehr
