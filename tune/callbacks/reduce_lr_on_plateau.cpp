#include "tune/callbacks/reduce_lr_on_plateau.h"

#include <algorithm>

#include "tune/callbacks/callback_state.h"
#include "tune/callbacks/monitor.h"
#include "tune/format.h"

namespace lehr {

namespace {

struct PlateauState {
  static constexpr SpecInfo info{.name = "reduce_lr_on_plateau_state"};
  std::int64_t wait = 0, cooldown = 0;
  std::optional<double> best = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("wait", self.wait, "");
    f("cooldown", self.cooldown, "");
    f("best", self.best, "");
  }
};

class ReduceLROnPlateauCallback final : public Callback {
 public:
  explicit ReduceLROnPlateauCallback(ReduceLROnPlateau spec)
      : spec_(std::move(spec)), monitor_(spec_.monitor, spec_.mode, spec_.min_delta) {
    if (spec_.factor >= 1)
      throw Error({.category = Category::usage,
                   .where = "reduce_lr_on_plateau",
                   .what = "a factor of 1 or more does not reduce the rate",
                   .expected = "a factor below 1",
                   .got = repr(spec_.factor)});
  }
  std::string monitor() const override { return spec_.monitor; }
  bool reduces_rate() const override { return true; }

  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    const double* value = find_log(logs, spec_.monitor);
    if (value == nullptr) return;
    // Keras counts the cooldown down before it looks: 1 is the same as 0.
    if (state_.cooldown > 0) {
      --state_.cooldown;
      state_.wait = 0;
    }
    if (monitor_.improves(*value, state_.best)) {
      state_.best = *value;
      state_.wait = 0;
    } else if (state_.cooldown == 0 && ++state_.wait >= spec_.patience) {
      reduce(run, epoch);
    }
  }

  CallbackState save() const override { return callback_state(state_); }
  void load(const CallbackState& state) override { state_ = state_from<PlateauState>(state); }

 private:
  void reduce(Run& run, std::int64_t epoch) {
    const double old = run.learning_rate();
    if (!(old > static_cast<double>(static_cast<float>(spec_.min_lr)))) return;
    const double reduced = std::max(old * spec_.factor, spec_.min_lr);
    run.reduce_learning_rate(reduced);
    run.event("reduced", "Epoch " + std::to_string(epoch + 1) + ": ReduceLROnPlateau reducing learning rate to " + repr(reduced) + ".",
              spec_.verbose > 0);
    state_.cooldown = spec_.cooldown;
    state_.wait = 0;
  }

  ReduceLROnPlateau spec_;
  Monitor monitor_;
  PlateauState state_;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const ReduceLROnPlateau& spec) { return std::make_unique<ReduceLROnPlateauCallback>(spec); }

}  // namespace lehr
