// model.h: a network with an optimizer, a loss and a device: fit, evaluate, predict, with Keras's semantics.
//
//   Model model(network, {.optimizer = Adam{.learning_rate = 1e-4}, .metrics = {Accuracy()}});
//   History history = model.fit(train, {.epochs = 10, .validation_data = &validation});
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/npz.h"
#include "engine/data/table.h"
#include "engine/precision.h"
#include "kernels/backend.h"
#include "layers/losses.h"
#include "layers/metrics.h"
#include "layers/network.h"
#include "optim/averaged_weights.h"
#include "optim/optimizer.h"
#include "tune/callback.h"
#include "tune/class_metrics.h"
#include "tune/history.h"
#include "tune/renderer.h"
#include "tune/step_plan.h"
#include "weights/network_weights.h"

namespace lehr {

class RowFeed;
struct PreparedEvaluation;

struct ModelOptions {
  Optimizer optimizer = {};
  std::optional<Loss> loss = {};                    ///< unset: by the labels and the last activation
  std::optional<std::vector<Metric>> metrics = {};  ///< unset: accuracy for classes, nothing otherwise
  std::vector<ClassMetric> class_metrics = {};      ///< beside them: precision, recall, F1, AUC; of all predictions of an epoch or a set
  Precision precision = Precision::float32;
  std::uint64_t seed = 0;
  std::shared_ptr<Backend> backend = nullptr;  ///< unset: the CPU with all its threads
  InputTransform input = {};                   ///< of stored samples; applied by fit, evaluate and predict alike
  /// Of a table's rows, likewise. Unset: learned from the first rows that train.
  std::shared_ptr<const TableEncoder> table = nullptr;
  std::string weights_dir = {};         ///< where the network's weight source is looked for first
  std::vector<std::string> notes = {};  ///< on how these were chosen: the model's first messages
};

/// Where an interrupted or checkpointed run stands.
struct RunPosition {
  std::int64_t epoch = 0;           ///< epochs done
  std::int64_t step = 0;            ///< steps done of the next one
  std::vector<double> sums = {};    ///< accumulated in it
  std::vector<float> outputs = {};  ///< of its rows so far, where metrics need them
};

/// All that a bit-exact resume needs.
struct TrainingState {
  RunPosition position = {};
  History history = {};
  std::vector<CallbackState> callbacks = {};
  std::optional<double> learning_rate = {};                          ///< as callbacks left it; unset: the optimizer's own
  double rate_factor = 1;                                            ///< what callbacks made of a schedule
  std::int64_t epochs = 0;                                           ///< as planned; with more of them a stopped run goes on
  std::optional<std::pair<std::int64_t, std::string>> stopped = {};  ///< by a callback: epoch (from 0) and why

  /// Whether a run of that many epochs has nothing left to train.
  bool ended(std::int64_t wanted) const { return position.epoch >= wanted || (stopped && wanted <= epochs); }
};

/// What a run holds while it trains, bytes; printed before it starts.
struct MemoryUse {
  std::size_t weights = 0;      ///< with gradients, optimizer slots and the bfloat16 copy
  std::size_t activations = 0;  ///< of every plan: training and validation, whole and ragged batches
  std::size_t samples = 0;      ///< training and validation: arrays, or the batches that streaming holds
  std::size_t streamed = 0;     ///< bytes of samples that stay on the disk
  std::size_t total() const { return weights + activations + samples; }
};

struct FitOptions {
  std::int64_t epochs = 1;           ///< the end index, as in Keras
  std::int64_t schedule_epochs = 0;  ///< that schedules stretch over, where more than `epochs`: a run that is to be gone on with
  std::int64_t batch_size = 32;
  /// Batches between two looks at the run (progress, interruption), one launch where the device can: as in Keras's compile. Changes no bit.
  std::int64_t steps_per_execution = 1;
  const Dataset* validation_data = nullptr;
  std::int64_t validation_freq =
      1;  ///< validates after epochs validation_freq, 2 * validation_freq, ... counted from 1; others have no val_
  bool shuffle = true;
  std::vector<CallbackSpec> callbacks = {};
  std::vector<float> class_weights = {};  ///< by id; empty: none
  Network augmentation = {};              ///< layers in front of the training plan only
  Renderer* renderer = nullptr;
  std::filesystem::path folder = {};                        ///< where callbacks' relative files go; read after on_ready, which may make it
  std::function<bool()> interrupted = {};                   ///< asked after every step: true stops after it, state kept
  std::function<void(const MemoryUse&)> on_ready = {};      ///< once, when all is checked and allocated, and nothing has run
  std::function<void(const TrainingState&)> on_epoch = {};  ///< after callbacks: writes checkpoint and history
  std::optional<TrainingState> resume = {};
  std::int64_t snapshot_every = 0;                                 ///< batches between calls of on_batches
  std::function<void(const TrainingState&)> on_batches = {};       ///< within an epoch, for checkpoints there
  std::vector<std::pair<std::string, std::string>> settings = {};  ///< flag and value, for callbacks that note what a run was made with
};

void verify(const FitOptions& options, const Dataset& train);  ///< throws Error{usage} for a number below 1, Error{data} for an empty set

struct FitResult {
  History history = {};
  TrainingState state = {};                                          ///< as it ended, callbacks' on_train_end left out
  std::optional<std::pair<std::int64_t, std::string>> stopped = {};  ///< epoch (from 0) and why
  bool interrupted = false;
  std::optional<std::int64_t> restored_epoch = {};  ///< weights are those of this epoch
  double seconds = 0, samples_per_s = 0;
};

struct Evaluation {
  std::vector<std::pair<std::string, double>> values = {};  ///< loss, then metrics
  std::vector<std::int32_t> predicted = {};                 ///< arg max of each row; empty for one output
  bool complete = true;                                     ///< false: interrupted, and nothing else is set
  double value(const std::string& name) const;              ///< NaN when absent
};

class Model {
 public:
  explicit Model(Network network, ModelOptions options = {});

  /// Fixes the input's shape, allocates and initializes the weights. Called by fit, evaluate and predict with the data's shape.
  void build(const Shape& input);
  bool built() const { return state_ != nullptr; }
  const BuiltNetwork& network() const;
  State& state() const;
  Backend& backend() const { return *options_.backend; }
  const ModelOptions& options() const { return options_; }

  /// Chooses the loss and metrics where none were given; checks labels against them. Throws Error{usage} with the loss that fits.
  void resolve(const Dataset& data);
  /// What the network sees of a table's rows. Error{usage} where no table was learned from. Anything else as it is.
  Dataset features_of(const Dataset& data) const;
  void learn_table(const Dataset& train);  ///< where nothing is learned yet, and `train` is one
  const Loss& loss() const;
  const std::vector<Metric>& metrics() const;
  const std::vector<ClassMetric>& class_metrics() const { return options_.class_metrics; }
  bool weighted_metrics() const;                              ///< any of them
  std::vector<std::string> log_names(bool validation) const;  ///< what a run will report

  FitResult fit_run(const Dataset& train, const FitOptions& options);
  History fit(const Dataset& train, const FitOptions& options = {}) { return fit_run(train, options).history; }
  Evaluation evaluate(const Dataset& data, std::int64_t batch_size = 32, const std::function<bool()>& interrupted = {});
  Array predict(const Array& x, std::int64_t batch_size = 32);
  Array predict(const Dataset& data, std::int64_t batch_size = 32);  ///< its labels, if any, are not looked at

  NamedArrays weights() const;
  NamedArrays training_weights() const;       ///< the same, but those that train where others stand in for them
  AveragedWeights* averaged_weights() const;  ///< null where the optimizer has none
  void set_weights(const NamedArrays& weights, const std::string& source);  ///< by name; Error{data} names what is missing or misshapen
  /// The rate that the optimizer would go on with: as callbacks of the last fit left it.
  double learning_rate() const;
  const std::vector<std::string>& messages() const { return messages_; }  ///< on the device; what the network's own weight source gave
  /// In the format of the name: .weights.h5, .h5, .npz, .safetensors (weights/tensor_file.h). Keras's HDF5 takes the optimizer's state along.
  void save_weights(const std::string& file) const;
  TensorFile weight_file(const std::string& name) const;  ///< what save_weights writes under that name
  /// Of any format. Whole: each weight of the network and nothing else; by name: the file's layers, others stay. Says which, and what was
  /// converted.
  std::string load_weights(const std::string& file, Matching matching = Matching::whole);

 private:
  friend class FitRun;
  void load_source();
  std::vector<std::pair<std::string, double>> class_values(Array outputs, const ClassTruth& truth) const;
  StepPlan& evaluation_plan(std::int64_t batch, const StepForm& form);
  std::unique_ptr<PreparedEvaluation> prepare_evaluation(const Dataset& data, std::int64_t batch_size);  ///< `data` must outlive it
  Evaluation evaluate(PreparedEvaluation& on, const std::function<bool()>& interrupted);
  Array predict_rows(RowFeed& feed, DType dtype, std::int64_t rows, std::int64_t batch_size);
  Network network_;
  ModelOptions options_;
  std::unique_ptr<BuiltNetwork> built_;
  std::unique_ptr<State> state_;
  std::unique_ptr<AveragedWeights> averaged_;
  struct CachedPlan {
    PlanMode mode;
    std::int64_t batch;
    StepForm form;
    StepPlan plan;
  };
  std::vector<CachedPlan> plans_;
  std::vector<std::string> messages_;
  std::vector<std::string> class_names_;  ///< of the first data that names its classes
  std::optional<double> rate_left_ = {};  ///< by a schedule or by callbacks of the last fit; unset: the optimizer's own
};

/// Labels as a plan reads them: ids stay ids; for a single sigmoid they become one float a row.
Array labels_for(const Dataset& data, bool ids);

/// ids -> sparse_, one-hot -> categorical_, one sigmoid or single unit with 0/1 labels -> binary_crossentropy, floats -> mse.
Loss default_loss(const Dataset& data, const BuiltNetwork& network);

}  // namespace lehr
