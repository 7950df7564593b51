#include "optim/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/number_text.h"

namespace lehr {

namespace {

/// Rates that the optimizer holds are float32, and a recursive schedule gets back what it holds.
double kept(double rate) { return static_cast<double>(static_cast<float>(rate)); }

class ConstantRate final : public RateCurve {
 public:
  explicit ConstantRate(double rate) : rate_(rate) {}
  double at(std::int64_t) override { return rate_; }

 private:
  double rate_;
};

class Walk final : public RateCurve {
 public:
  Walk(std::shared_ptr<const Schedule::Base> schedule, const ScheduleRun& run) : schedule_(std::move(schedule)), run_(run) {}
  double at(std::int64_t run_step) override {
    const bool by_epoch = schedule_->clock() == ScheduleClock::epoch;
    if (!schedule_->recursive()) return rate(run_step, run_.initial);
    const std::int64_t tick = by_epoch ? run_step / run_.steps_per_epoch : run_step;
    while (static_cast<std::int64_t>(rates_.size()) <= tick) {
      const auto next = static_cast<std::int64_t>(rates_.size());
      rates_.push_back(rate(by_epoch ? next * run_.steps_per_epoch : next, kept(rates_.empty() ? run_.initial : rates_.back())));
    }
    return rates_[static_cast<std::size_t>(tick)];
  }

 private:
  double rate(std::int64_t run_step, double lr) const {
    return schedule_->rate({.epoch = run_step / run_.steps_per_epoch, .run_step = run_step, .step = run_.first_step + run_step, .lr = lr},
                           run_);
  }
  std::shared_ptr<const Schedule::Base> schedule_;
  ScheduleRun run_;
  std::vector<double> rates_;
};

/// A callable has no text that could make it again.
struct CallableSchedule {
  static constexpr SpecInfo info{.name = "callable", .summary = "a function of the program"};
  std::function<double(std::int64_t, double)> function = {};
  bool reads_rate = false;
  template <class Self, class F>
  static void fields(Self&, F&&) {}
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  bool recursive() const { return reads_rate; }
  double rate(const ScheduleMoment& now, const ScheduleRun&) const { return function(now.epoch, now.lr); }
};

}  // namespace

std::unique_ptr<RateCurve> constant_rate(double rate) { return std::make_unique<ConstantRate>(rate); }

std::unique_ptr<RateCurve> walked(std::shared_ptr<const Schedule::Base> schedule, const ScheduleRun& run) {
  return std::make_unique<Walk>(std::move(schedule), run);
}

Schedule Schedule::of(std::function<double(std::int64_t)> rate) {
  return CallableSchedule{.function = [rate = std::move(rate)](std::int64_t epoch, double) { return rate(epoch); }};
}
Schedule Schedule::of(std::function<double(std::int64_t, double)> rate) {
  return CallableSchedule{.function = std::move(rate), .reads_rate = true};
}

double Schedule::next(RateCurve& curve, const ScheduleRun& run, std::int64_t epoch, double lr) const {
  const std::int64_t run_step = epoch * run.steps_per_epoch;
  if (!held_->recursive()) return curve.at(run_step);
  return held_->rate({.epoch = epoch, .run_step = run_step, .step = run.first_step + run_step, .lr = lr}, run);
}

std::string schedule_warning(const Schedule& schedule, const ScheduleRun& run) {
  if (schedule.info().name == "constant") return {};
  const auto curve = schedule.curve(run);
  const auto steps = static_cast<std::int64_t>(std::llround(run.steps()));
  double lowest = curve->at(0), highest = lowest;
  const std::int64_t stride = std::max<std::int64_t>(1, steps / 10'000);
  for (std::int64_t step = 0; step < steps; step += stride) {
    lowest = std::min(lowest, curve->at(step));
    highest = std::max(highest, curve->at(step));
  }
  const double change = highest > 0 ? (highest - lowest) / highest : 0;
  if (change >= 0.05) return {};
  return fmt::format("{} changes the rate by {:.1g} % over the run", schedule.text().print(), 100 * change);
}

void check_rates(const Schedule& schedule, const ScheduleRun& run) {
  const auto curve = schedule.curve(run);
  for (std::int64_t epoch = 0; static_cast<double>(epoch) < run.epochs; ++epoch) {
    const double rate = curve->at(epoch * run.steps_per_epoch);
    if (std::isfinite(rate) && rate >= 0) continue;
    throw Error({.category = Category::usage,
                 .where = "schedule " + schedule.text().print(),
                 .what = "gives no learning rate at epoch " + std::to_string(epoch),
                 .expected = "0 or more",
                 .got = number_text(rate)});
  }
}

}  // namespace lehr
