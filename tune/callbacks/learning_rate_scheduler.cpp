#include "tune/callbacks/learning_rate_scheduler.h"

#include "tune/format.h"

namespace lehr {

namespace {

class LearningRateSchedulerCallback final : public StatelessCallback {
 public:
  explicit LearningRateSchedulerCallback(LearningRateScheduler spec) : spec_(std::move(spec)) {}
  bool schedules() const override { return true; }

  void on_epoch_begin(Run& run, std::int64_t epoch) override {
    const Schedule& schedule = spec_.schedule.value();
    const ScheduleRun over = run.schedule_run();
    if (!curve_) curve_ = schedule.curve(over);
    // The schedule sees its own rate, without what a plateau made of it.
    const double rate = schedule.next(*curve_, over, epoch, run.learning_rate() / run.rate_factor());
    run.set_learning_rate(rate);
    if (spec_.verbose > 0)
      run.event("scheduled", "Epoch " + std::to_string(epoch + 1) + ": LearningRateScheduler setting learning rate to " + repr(rate) + ".");
  }

 private:
  LearningRateScheduler spec_;
  std::unique_ptr<RateCurve> curve_;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const LearningRateScheduler& spec) { return std::make_unique<LearningRateSchedulerCallback>(spec); }

}  // namespace lehr
