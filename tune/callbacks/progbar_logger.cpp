#include "tune/callbacks/progbar_logger.h"

#include <unistd.h>

#include <iostream>

#include "tune/renderer.h"

namespace lehr {

namespace {

class ProgbarLoggerCallback final : public StatelessCallback {
 public:
  void on_train_begin(Run& run) override {
    if (run.replayed() || run.shown()) return;
    renderer_ = make_renderer({.terminal = terminal_of(STDOUT_FILENO)}, std::cout, std::cerr);
    renderer_->on_run_begin({.steps_per_epoch = run.steps_per_epoch(), .epochs = run.epochs()});
  }
  void on_epoch_begin(Run& run, std::int64_t epoch) override {
    seconds_ = run.seconds();
    if (renderer_) renderer_->on_epoch_begin(epoch);
  }
  // Reading the numbers costs a copy: a bar moves twenty times a second, no more.
  std::int64_t every_batches() const override { return 1; }
  void on_train_batch_end(Run& run, const BatchEnd& end) override {
    if (!renderer_ || end.batch + 1 == run.steps_per_epoch() || run.seconds() - shown_ < 0.05) return;
    shown_ = run.seconds();
    renderer_->on_step({.epoch = end.epoch, .step = end.batch + 1, .steps = run.steps_per_epoch(), .values = end.logs()});
  }
  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    if (renderer_)
      renderer_->on_epoch_end({.epoch = epoch, .steps = run.steps_per_epoch(), .seconds = run.seconds() - seconds_, .values = logs});
  }

 private:
  std::unique_ptr<Renderer> renderer_;
  double seconds_ = 0, shown_ = 0;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const ProgbarLogger&) { return std::make_unique<ProgbarLoggerCallback>(); }

}  // namespace lehr
