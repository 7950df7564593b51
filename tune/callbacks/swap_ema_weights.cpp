#include "tune/callbacks/swap_ema_weights.h"

#include "tune/callbacks/callback_state.h"

namespace lehr {

namespace {

class SwapEMAWeightsCallback final : public StatelessCallback {
 public:
  explicit SwapEMAWeightsCallback(SwapEMAWeights spec) : spec_(spec) {}

  void on_train_begin(Run& run) override {
    if (run.replayed() || run.use_averaged_weights(false)) return;
    throw Error({.category = Category::usage,
                 .where = "swap_ema_weights",
                 .what = "the optimizer keeps no running average",
                 .expected = "an optimizer with use_ema=true"});
  }
  void on_test_begin(Run& run) override { run.use_averaged_weights(true); }
  void on_test_end(Run& run) override {
    if (!spec_.swap_on_epoch) run.use_averaged_weights(false);
  }
  // Training itself takes its own weights back before the next epoch, and keeps the average after the last one.
  void on_epoch_end(Run& run, std::int64_t, EpochLogs&) override {
    if (spec_.swap_on_epoch) run.use_averaged_weights(true);
  }

 private:
  SwapEMAWeights spec_;
};

}  // namespace

std::unique_ptr<Callback> make_callback(const SwapEMAWeights& spec) { return std::make_unique<SwapEMAWeightsCallback>(spec); }

}  // namespace lehr
