// fit_run.h: one call of fit. fit.cpp prepares, starts and ends it, fit_epoch.cpp runs an epoch, fit_actions.cpp is what callbacks may do.
#pragma once

#include <algorithm>

#include "engine/atomic_file.h"
#include "tune/evaluation.h"
#include "tune/fit_checks.h"
#include "tune/model.h"
#include "tune/row_feed.h"
#include "weights/tensor_file_writer.h"

namespace lehr {

class FitRun final : public Run {
 public:
  FitRun(Model& model, const Dataset& train, const FitOptions& options);
  FitResult run();

  // --- Run: what callbacks may do ---------------------------------------------------------------------------------------------------
  void stop(const std::string& reason) override;
  double learning_rate() const override;
  void set_learning_rate(double rate) override;
  void reduce_learning_rate(double rate) override;
  double rate_factor() const override { return has_scheduler_ ? rate_factor_ : 1; }
  std::int64_t epochs() const override { return o_.epochs; }
  std::int64_t steps_per_epoch() const override { return steps(); }
  void end_epoch() override { epoch_ended_ = true; }
  std::int64_t step() const override { return base_step_ + epoch_steps_done_; }
  double seconds() const override;
  std::vector<float> optimizer_state() const override;
  void restore_optimizer_state(const std::vector<float>& slots) override;
  std::optional<std::int64_t> invalid_batch() const override;
  void clear_invalid() override;
  std::filesystem::path file(const std::string& name) const override { return o_.folder / name; }
  ScheduleRun schedule_run() const override;
  bool use_averaged_weights(bool use) override;
  std::vector<float> snapshot() const override { return m_.state().snapshot(); }
  void restore(const std::vector<float>& weights) override { m_.state().restore(weights); }
  std::vector<std::pair<std::string, Array>> weights() const override { return m_.weights(); }
  std::vector<std::pair<std::string, std::string>> settings() const override { return o_.settings; }
  bool validates() const override { return o_.validation_data != nullptr; }
  bool shown() const override { return o_.renderer != nullptr; }
  void save_weights(const std::string& file) override {
    const std::string path = (o_.folder / file).string();
    weights_file_.write(path, m_.weight_file(path));
  }
  void event(const std::string& kind, const std::string& text, bool shown) override;

 private:
  Backend& backend() const { return m_.backend(); }
  std::int64_t steps() const { return (n_ + batch_ - 1) / batch_; }
  std::int64_t run_step() const { return base_step_ + epoch_steps_done_ - first_step_; }
  const LearningRate& rate_of_optimizer() const { return m_.options().optimizer.learning_rate(); }
  bool scheduled() const { return !rate_of_optimizer().constant(); }
  static double kept_rate(double rate) { return static_cast<double>(static_cast<float>(rate)); }
  double rate_at(std::int64_t run_step) const { return (rate_override_ ? *rate_override_ : curve_->at(run_step)) * rate_factor_; }

  StepPlan make_plan(std::int64_t size);
  void choose_weights(const Dataset& train);
  MemoryUse measure(const Dataset& train);
  void start();
  void load_callbacks(std::vector<CallbackState> states);
  TrainingState training_state() const;
  bool evaluates_elsewhere() const;
  void leave_averaged();
  void end_averaged();

  void upload_epoch();
  void run_epoch();
  void leave_epoch();
  void run_steps();
  void leave_rate();
  void show_step(double samples_per_s);
  std::int64_t steps_together() const;
  void batch_ended(bool last);
  void finish_epoch(double begin, double rate, double factor);
  bool validate(EpochLogs& logs);
  void add_rates(EpochLogs& logs, double rate, double factor) const;
  EpochLogs named(const std::vector<double>& means) const;
  std::vector<double> sums() const;
  std::vector<double> epoch_means() const { return means_of(sums()); }
  std::int64_t rows_done() const { return std::min(n_, epoch_steps_done_ * batch_); }
  void add_class_metrics(EpochLogs& logs) const;

  /// A full disk keeps a callback from writing, and nobody from training.
  template <class F>
  void each(F&& call) {
    for (auto& callback : callbacks_) try {
        call(*callback);
      } catch (const Error& e) {
        if (!disk_is_full(e)) throw;
        event("warned", std::string("warning: ") + e.what(), true);
      }
  }

  Model& m_;
  const FitOptions& o_;
  std::int64_t n_, batch_;
  StepForm form_;
  RowLabels labels_;
  std::unique_ptr<RowFeed> rows_;
  Buffer class_weights_;
  Buffer outputs_;                   ///< [n, ...] f32 in the epoch's order, for class metrics; else empty
  ClassTruth truth_;                 ///< the rows' classes
  std::vector<std::int32_t> order_;  ///< of the epoch; empty: their own
  bool rolled_back_ = false;         ///< in this epoch: the device's step stood still for a while
  StepPlan full_, ragged_;
  std::unique_ptr<PreparedEvaluation> validation_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
  MemoryUse memory_;
  TensorFileWriter weights_file_;  ///< of callbacks
  RunPosition position_;
  History history_;
  FitResult result_;
  std::optional<std::pair<std::int64_t, std::string>> stopped_;
  bool interrupted_ = false, epoch_ended_ = false;
  bool has_scheduler_ = false;  ///< a callback sets the rate at every epoch's begin
  std::int64_t epoch_ = 0, base_step_ = 0, epoch_steps_done_ = 0, samples_ = 0, predicted_classes_ = 0;
  std::int64_t first_step_ = 0;  ///< the optimizer's at the run's begin
  std::unique_ptr<RateCurve> curve_;
  std::optional<double> rate_override_;
  double rate_factor_ = 1, step_seconds_ = 0;
  double begin_ = 0, seconds_before_ = 0;  ///< of this call, and what earlier ones have trained
};

}  // namespace lehr
