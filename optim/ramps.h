// ramps.h: schedules that rise first: a linear warm-up in front of any other, and one-cycle.
#pragma once

#include <optional>
#include <string>

#include "optim/schedule_catalogue.h"

namespace lehr {

struct Warmup {
  static constexpr SpecInfo info{
      .name = "warmup",
      .class_name = "Warmup",
      .summary = "a line from `start` up to where another schedule begins, then that schedule over what remains of the run",
      .formula = "lr = start + (initial - start)*s/W for steps s < W, then schedule(s - W) over the run's steps less W"};
  Required<double> length;
  Required<Schedule> schedule;
  double start = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("length", self.length, "below 1 (3%): a share of the run; else a number of epochs, or of steps where the schedule moves every step");
    f("schedule", self.schedule, "what follows; a number: that rate");
    f("start", self.start, "the rate of the first step");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const;
  std::unique_ptr<RateCurve> curve(const ScheduleRun& run) const;
};

enum class Anneal : std::uint8_t { cos, linear };
template <>
struct SpecEnum<Anneal> {
  static constexpr std::pair<std::string_view, Anneal> names[] = {{"cos", Anneal::cos}, {"linear", Anneal::linear}};
};

struct OneCycle {
  static constexpr SpecInfo info{
      .name = "one_cycle",
      .class_name = "OneCycle",
      .summary = "up to the highest rate and down to almost nothing, every step, over the whole run (Smith 2018, as PyTorch's OneCycleLR)",
      .formula =
          "from initial/div_factor up to initial at step pct_start*S - 1, down to initial/div_factor/final_div_factor at the last of "
          "the S steps"};
  double pct_start = 0.3, div_factor = 25, final_div_factor = 1e4;
  Anneal anneal_strategy = Anneal::cos;
  bool three_phase = false;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("pct_start", self.pct_start, "share of the run that rises");
    f("div_factor", self.div_factor, "it begins so many times lower");
    f("final_div_factor", self.final_div_factor, "and ends so many times lower than it began");
    f("anneal_strategy", self.anneal_strategy, "shape of each part");
    f("three_phase", self.three_phase, "down as long as up to where it began, then the rest to nothing");
    f("initial", self.initial, "the highest rate; none: --learning-rate, or the optimizer's own");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const;
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

}  // namespace lehr
