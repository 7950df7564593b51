#include "optim/ramps.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "engine/number_text.h"

namespace lehr {

namespace {

class WarmedUp final : public RateCurve {
 public:
  WarmedUp(double start, double top, std::int64_t steps, std::unique_ptr<RateCurve> after)
      : start_(start), top_(top), steps_(steps), after_(std::move(after)) {}
  double at(std::int64_t run_step) override {
    if (run_step >= steps_) return after_->at(run_step - steps_);
    return start_ + (top_ - start_) * static_cast<double>(run_step) / static_cast<double>(steps_);
  }

 private:
  double start_, top_;
  std::int64_t steps_;
  std::unique_ptr<RateCurve> after_;
};

}  // namespace

void Warmup::check() const {
  if (length >= 0 && start >= 0) return;
  throw Error({.category = Category::usage,
               .where = std::string(info.name),
               .what = "a warm-up cannot be negative",
               .expected = "a share such as 3%, or a number of epochs or steps",
               .got = number_text(std::min(length.value(), start))});
}

std::unique_ptr<RateCurve> Warmup::curve(const ScheduleRun& run) const {
  const bool share = length < 1;
  const double unit =
      share ? run.steps() : (schedule.value().clock() == ScheduleClock::epoch ? static_cast<double>(run.steps_per_epoch) : 1.0);
  const std::int64_t steps = std::min(std::llround(length * unit), std::llround(run.steps()));
  ScheduleRun rest = run;
  rest.epochs = std::max(run.epochs - static_cast<double>(steps) / static_cast<double>(run.steps_per_epoch), 1e-9);
  auto after = schedule.value().curve(rest);
  const double top = after->at(0);
  return std::make_unique<WarmedUp>(start, top, steps, std::move(after));
}

void OneCycle::check() const {
  if (pct_start >= 0 && pct_start <= 1 && div_factor > 0 && final_div_factor > 0) return;
  throw Error({.category = Category::usage,
               .where = std::string(info.name),
               .what = "the rise is a share of the run, and the factors are positive",
               .expected = "pct_start from 0 to 1",
               .got = number_text(pct_start)});
}

double OneCycle::rate(const ScheduleMoment& now, const ScheduleRun& run) const {
  struct Part {
    double end, from, to;
  };
  const double total = run.steps(), low = run.initial / div_factor, lowest = low / final_div_factor;
  std::vector<Part> parts{{pct_start * total - 1, low, run.initial}};
  if (three_phase) parts.push_back({2 * pct_start * total - 2, run.initial, low});
  parts.push_back({total - 1, three_phase ? low : run.initial, lowest});
  double begin = 0;
  const auto s = static_cast<double>(now.run_step);
  for (const Part& part : parts) {
    if (s <= part.end || &part == &parts.back()) {
      const double share = part.end > begin ? std::clamp((s - begin) / (part.end - begin), 0.0, 1.0) : 1;
      if (anneal_strategy == Anneal::linear) return part.from + (part.to - part.from) * share;
      return part.to + (part.from - part.to) / 2 * (1 + std::cos(std::numbers::pi * share));
    }
    begin = part.end;
  }
  return lowest;
}

}  // namespace lehr
