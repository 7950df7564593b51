#include "tune/callbacks/max_time.h"

#include <algorithm>

#include "tune/callbacks/callback_state.h"
#include "tune/format.h"
#include "tune/quantities.h"

namespace lehr {

namespace {

/// 01:30:00 or 90:00.
double clock_seconds(const std::string& text) {
  double sum = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(':', begin), text.size());
    sum = 60 * sum + seconds_from_text(text.substr(begin, end - begin), "max_time");
    begin = end + 1;
  }
  return sum;
}

class MaxTimeCallback final : public StatelessCallback {
 public:
  explicit MaxTimeCallback(MaxTime spec) : limit_(spec.time.value().seconds), verbose_(spec.verbose) {}
  // A look at the clock costs nothing beside a batch; the run's own history carries the time over a restart.
  std::int64_t every_batches() const override { return 1; }
  void on_train_batch_end(Run& run, const BatchEnd&) override { look(run); }
  void on_epoch_end(Run& run, std::int64_t, EpochLogs&) override { look(run); }

 private:
  void look(Run& run) {
    if (stopped_ || run.seconds() < limit_) return;
    stopped_ = true;
    run.stop("it has trained for " + duration_text(limit_));
    if (verbose_ > 0) run.event("stopped", "max_time: " + duration_text(limit_) + " are over");
  }
  double limit_;
  int verbose_;
  bool stopped_ = false;
};

}  // namespace

Duration SpecConvert<Duration>::from(const SpecValue& value) {
  if (value.kind == SpecKind::number) return {.seconds = spec_number(value)};
  const std::string text = spec_text(value);
  return {.seconds = text.find(':') == std::string::npos ? seconds_from_text(text, "max_time") : clock_seconds(text)};
}
SpecValue SpecConvert<Duration>::to(const Duration& value) { return SpecValue::of(value.seconds); }

std::unique_ptr<Callback> make_callback(const MaxTime& spec) { return std::make_unique<MaxTimeCallback>(spec); }

}  // namespace lehr
