#include "tune/callbacks/early_stopping.h"

#include "tune/callbacks/callback_state.h"
#include "tune/callbacks/monitor.h"

namespace lehr {

namespace {

// What a resumed run must know.
struct StoppingState {
  static constexpr SpecInfo info{.name = "early_stopping_state"};
  std::int64_t wait = 0, best_epoch = 0, stopped_epoch = -1;
  std::optional<double> best = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("wait", self.wait, "");
    f("best_epoch", self.best_epoch, "");
    f("stopped_epoch", self.stopped_epoch, "");
    f("best", self.best, "");
  }
};

class EarlyStoppingCallback final : public Callback {
 public:
  explicit EarlyStoppingCallback(EarlyStopping spec) : spec_(std::move(spec)), monitor_(spec_.monitor, spec_.mode, spec_.min_delta) {}

  std::string monitor() const override { return spec_.monitor; }

  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    const double* found = find_log(logs, spec_.monitor);
    if (found == nullptr || epoch < spec_.start_from_epoch) return;
    const double value = *found;
    if (spec_.restore_best_weights && !weights_) {
      weights_ = kept(run);
      state_.best_epoch = epoch;
    }
    ++state_.wait;
    if (monitor_.improves(value, state_.best)) {
      state_.best = value;
      state_.best_epoch = epoch;
      if (spec_.restore_best_weights) weights_ = kept(run);
      if (!spec_.baseline || monitor_.improves(value, spec_.baseline)) state_.wait = 0;
      return;
    }
    if (state_.wait >= spec_.patience && epoch > 0) {
      state_.stopped_epoch = epoch;
      run.stop(spec_.monitor + " has not improved for " + std::to_string(state_.wait) + (state_.wait == 1 ? " epoch" : " epochs"));
    }
  }

  // Weights come back whenever a best epoch was kept, whoever ended the training.
  void on_train_end(Run& run) override {
    if (state_.stopped_epoch >= 0 && spec_.verbose > 0)
      run.event("stopped", "Epoch " + std::to_string(state_.stopped_epoch + 1) + ": early stopping");
    if (!spec_.restore_best_weights || !weights_) return;
    run.restore(*weights_);
    run.event("restored", "Restoring model weights from the end of the best epoch: " + std::to_string(state_.best_epoch + 1) + ".");
  }

  CallbackState save() const override { return callback_state(state_, weights_); }
  void load(const CallbackState& state) override {
    state_ = state_from<StoppingState>(state);
    weights_ = state.weights;
  }

 private:
  static std::shared_ptr<const std::vector<float>> kept(const Run& run) {
    return std::make_shared<const std::vector<float>>(run.snapshot());
  }
  EarlyStopping spec_;
  Monitor monitor_;
  StoppingState state_;
  std::shared_ptr<const std::vector<float>> weights_;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const EarlyStopping& spec) { return std::make_unique<EarlyStoppingCallback>(spec); }

}  // namespace lehr
