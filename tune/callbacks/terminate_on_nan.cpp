#include "tune/callbacks/terminate_on_nan.h"

#include <cmath>

#include "tune/callbacks/callback_state.h"
#include "tune/format.h"

namespace lehr {

namespace {

struct NanState {
  static constexpr SpecInfo info{.name = "terminate_on_nan_state"};
  std::int64_t rolled_back = 0, weights = 0;  ///< of what is kept, how many are weights
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("rolled_back", self.rolled_back, "");
    f("weights", self.weights, "");
  }
};

class TerminateOnNaNCallback final : public Callback {
 public:
  explicit TerminateOnNaNCallback(TerminateOnNaN spec) : spec_(spec) {}
  // The device keeps the weights as they were; looking every 16 batches costs one small read.
  std::int64_t every_batches() const override { return 16; }
  bool stops_on_nan() const override { return true; }
  bool reduces_rate() const override { return spec_.policy == NanPolicy::rollback; }

  void on_epoch_begin(Run& run, std::int64_t) override {
    if (spec_.policy != NanPolicy::rollback) return;
    auto all = run.snapshot();
    state_.weights = static_cast<std::int64_t>(all.size());
    const auto slots = run.optimizer_state();
    all.insert(all.end(), slots.begin(), slots.end());
    kept_ = std::make_shared<const std::vector<float>>(std::move(all));
  }

  void on_train_batch_end(Run& run, const BatchEnd&) override {
    if (const auto batch = run.invalid_batch()) act(run, *batch);
  }

  // A recorded history has no batches.
  void on_epoch_end(Run& run, std::int64_t, EpochLogs& logs) override {
    const double* loss = find_log(logs, "loss");
    if (run.replayed() && loss != nullptr && !std::isfinite(*loss)) run.stop("the loss is no number");
  }

  CallbackState save() const override { return callback_state(state_, kept_); }
  void load(const CallbackState& state) override {
    state_ = state_from<NanState>(state);
    kept_ = state.weights;
  }

 private:
  void act(Run& run, std::int64_t batch) {
    if (spec_.policy == NanPolicy::stop || state_.rolled_back >= spec_.rollbacks) {
      run.event("diverged", "Batch " + std::to_string(batch) + ": Invalid loss, terminating training");
      run.stop("the loss is no number");
      return;
    }
    ++state_.rolled_back;
    const auto middle = kept_->begin() + static_cast<std::ptrdiff_t>(state_.weights);
    run.restore({kept_->begin(), middle});
    run.restore_optimizer_state({middle, kept_->end()});
    const double rate = run.learning_rate() / 2;
    run.reduce_learning_rate(rate);
    run.clear_invalid();
    run.end_epoch();
    run.event("rolled back",
              "Batch " + std::to_string(batch) + ": Invalid loss, back to the epoch's begin with learning rate " + repr(rate));
  }

  TerminateOnNaN spec_;
  NanState state_;
  std::shared_ptr<const std::vector<float>> kept_;  ///< weights, then optimizer slots, of the epoch's begin
};

}  // namespace

std::unique_ptr<Callback> make_callback(const TerminateOnNaN& spec) { return std::make_unique<TerminateOnNaNCallback>(spec); }

}  // namespace lehr
