#include "optim/epoch_schedules.h"

#include <cmath>
#include <numbers>

#include "engine/number_text.h"

namespace lehr {

namespace {

double epoch_of(const ScheduleMoment& now) { return static_cast<double>(now.epoch); }

}  // namespace

void StepDecay::check() const {
  if (epochs_drop > 0) return;
  throw Error({.category = Category::usage,
               .where = std::string(info.name),
               .what = "epochs_drop must be positive",
               .expected = "more than 0",
               .got = number_text(epochs_drop)});
}
double StepDecay::rate(const ScheduleMoment& now, const ScheduleRun& run) const {
  return run.initial * std::pow(drop, std::floor(epoch_of(now) / epochs_drop));
}
double Exponential::rate(const ScheduleMoment& now, const ScheduleRun& run) const { return run.initial * std::exp(-k * epoch_of(now)); }
double Linear::rate(const ScheduleMoment& now, const ScheduleRun& run) const {
  return run.initial + (end - run.initial) * epoch_of(now) / run.epochs;
}
double Polynomial::rate(const ScheduleMoment& now, const ScheduleRun& run) const {
  return (run.initial - end) * std::pow(1 - std::min(epoch_of(now) / run.epochs, 1.0), power) + end;
}
double Cosine::rate(const ScheduleMoment& now, const ScheduleRun& run) const {
  return end + 0.5 * (run.initial - end) * (1 + std::cos(std::numbers::pi * epoch_of(now) / run.epochs));
}
double FormulaSchedule::rate(const ScheduleMoment& now, const ScheduleRun& run) const {
  return (*compiled)(
      {.epoch = epoch_of(now), .step = static_cast<double>(now.step), .lr = now.lr, .initial = run.initial, .epochs = run.epochs});
}

}  // namespace lehr
