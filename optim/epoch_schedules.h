// epoch_schedules.h: the lecture's schedules (16.3.4): functions of the epoch e = 0, 1, ... over a whole run of E epochs. They start from
// `initial`, else from the run's rate (--learning-rate, the optimizer's own).
#pragma once

#include <optional>
#include <string>

#include "engine/spec/formula.h"
#include "optim/schedule.h"

namespace lehr {

/// What all of them have as their last field.
template <class Self, class F>
void initial_field(Self& self, F&& f) {
  f("initial", self.initial, "the rate it starts from; none: --learning-rate, or the optimizer's own");
}

struct TimeBasedDecay {
  static constexpr SpecInfo info{
      .name = "time_based_decay",
      .class_name = "TimeBasedDecay",
      .summary = "a little less every epoch, as Keras feeds the lecture's function",
      .formula =
          "lr_e = lr_(e-1) / (1 + decay*e), lr_(e-1) as float32 keeps it: initial / prod_k (1 + decay*k)\n"
          "recursive=false: lr_e = initial / (1 + decay*e), which is what the name promises and decays far less"};
  double decay = 1e-6;
  bool recursive_form = true;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("decay", self.decay, "how fast; the lecture's 1e-4/100 leaves the rate within 0.5 % over 100 epochs");
    f("recursive", self.recursive_form, "from the rate of the epoch before; false: the closed form");
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  bool recursive() const { return recursive_form; }
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const {
    return (recursive_form ? now.lr : run.initial) / (1 + decay * static_cast<double>(now.epoch));
  }
};

struct StepDecay {
  static constexpr SpecInfo info{.name = "step_decay",
                                 .class_name = "StepDecay",
                                 .summary = "a factor every so many epochs",
                                 .formula = "lr = initial * drop^floor(e / epochs_drop)"};
  double drop = 0.5;
  double epochs_drop = 15;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("drop", self.drop, "the factor");
    f("epochs_drop", self.epochs_drop, "epochs between two drops");
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  void check() const;
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

struct Exponential {
  static constexpr SpecInfo info{
      .name = "exponential", .class_name = "Exponential", .summary = "e^-k every epoch", .formula = "lr = initial * exp(-k*e)"};
  double k = 0.1;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("k", self.k, "how fast");
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

struct Linear {
  static constexpr SpecInfo info{
      .name = "linear", .class_name = "Linear", .summary = "a line over the whole run", .formula = "lr = initial + (end - initial)*e/E"};
  double end = 0;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("end", self.end, "the rate after the last epoch");
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

struct Polynomial {
  static constexpr SpecInfo info{.name = "polynomial",
                                 .class_name = "Polynomial",
                                 .summary = "a power of what remains of the run",
                                 .formula = "lr = (initial - end)*(1 - e/E)^power + end"};
  double end = 0, power = 2;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("end", self.end, "the rate after the last epoch");
    f("power", self.power, "1: a line");
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

struct Cosine {
  static constexpr SpecInfo info{.name = "cosine",
                                 .class_name = "Cosine",
                                 .summary = "half a cosine over the whole run",
                                 .formula = "lr = end + (initial - end)/2*(1 + cos(pi*e/E))"};
  double end = 0;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("end", self.end, "the rate after the last epoch");
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

struct Constant {
  static constexpr SpecInfo info{
      .name = "constant", .class_name = "Constant", .summary = "the same rate all the time", .formula = "lr = initial"};
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    initial_field(self, f);
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::epoch; }
  double rate(const ScheduleMoment&, const ScheduleRun& run) const { return run.initial; }
};

struct FormulaSchedule {
  static constexpr SpecInfo info{
      .name = "formula",
      .class_name = "Formula",
      .summary = "any expression: 'initial * 0.5 ** floor(epoch / 15)'",
      .formula =
          "lr = the expression of epoch, step, lr (the rate before), initial, epochs, pi\n"
          "with + - * / // % ** < <= > >= == != and or not, `a if c else b`, exp log sqrt cos floor min max and their kind, as in "
          "Python; every step where it reads step, else every epoch"};
  Required<std::string> expression;
  std::optional<double> initial = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("expression", self.expression, "the expression");
    initial_field(self, f);
  }
  std::shared_ptr<const Formula> compiled = {};  ///< of the expression, made by check()
  ScheduleClock clock() const { return compiled->uses_step() ? ScheduleClock::step : ScheduleClock::epoch; }
  bool recursive() const { return compiled->uses_rate(); }
  void check() { compiled = std::make_shared<const Formula>(expression.value(), "schedule"); }
  double rate(const ScheduleMoment& now, const ScheduleRun& run) const;
};

}  // namespace lehr
