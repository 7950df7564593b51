// keras_schedules.h: the schedules of keras.optimizers.schedules: functions of the optimizer's step, with a start of their own.
// s: step from 0. Field order is that of Keras's arguments, `name` included, which nothing reads.
#pragma once

#include <string>
#include <vector>

#include "optim/schedule.h"

namespace lehr {

/// decay_steps must be positive; staircase schedules floor s/decay_steps.
void check_decay_steps(const SpecInfo& info, std::string_view field, double steps);

struct ExponentialDecay {
  static constexpr SpecInfo info{.name = "exponential_decay",
                                 .class_name = "ExponentialDecay",
                                 .summary = "a constant factor every decay_steps steps (Keras)",
                                 .formula = "lr = initial_learning_rate * decay_rate^(s/decay_steps)  (staircase: floor of the exponent)"};
  Required<double> initial_learning_rate, decay_steps, decay_rate;
  bool staircase = false;
  std::string name = "ExponentialDecay";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("initial_learning_rate", self.initial_learning_rate, "rate at step 0");
    f("decay_steps", self.decay_steps, "steps between two factors");
    f("decay_rate", self.decay_rate, "the factor");
    f("staircase", self.staircase, "jump every decay_steps steps instead of sliding");
    f("name", self.name, "not used");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const { check_decay_steps(info, "decay_steps", decay_steps); }
  double rate(const ScheduleMoment& now, const ScheduleRun&) const;
};

struct PiecewiseConstantDecay {
  static constexpr SpecInfo info{.name = "piecewise_constant_decay",
                                 .class_name = "PiecewiseConstantDecay",
                                 .summary = "another rate after each boundary (Keras)",
                                 .formula = "lr = values[i] for boundaries[i-1] < s <= boundaries[i]"};
  Required<std::vector<double>> boundaries, values;
  std::string name = "PiecewiseConstant";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("boundaries", self.boundaries, "steps, ascending; a boundary belongs to the left piece");
    f("values", self.values, "rates, one more than boundaries");
    f("name", self.name, "not used");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const;
  double rate(const ScheduleMoment& now, const ScheduleRun&) const;
};

struct PolynomialDecay {
  static constexpr SpecInfo info{.name = "polynomial_decay",
                                 .class_name = "PolynomialDecay",
                                 .summary = "a power of what remains of decay_steps (Keras)",
                                 .formula =
                                     "lr = (initial_learning_rate - end_learning_rate)*(1 - s/decay_steps)^power + end_learning_rate, "
                                     "s <= decay_steps  (cycle: decay_steps times ceil(s/decay_steps))"};
  Required<double> initial_learning_rate, decay_steps;
  double end_learning_rate = 1e-4, power = 1;
  bool cycle = false;
  std::string name = "PolynomialDecay";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("initial_learning_rate", self.initial_learning_rate, "rate at step 0");
    f("decay_steps", self.decay_steps, "steps until the end");
    f("end_learning_rate", self.end_learning_rate, "rate from then on");
    f("power", self.power, "1: a line");
    f("cycle", self.cycle, "start again, stretched, beyond decay_steps");
    f("name", self.name, "not used");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const { check_decay_steps(info, "decay_steps", decay_steps); }
  double rate(const ScheduleMoment& now, const ScheduleRun&) const;
};

struct InverseTimeDecay {
  static constexpr SpecInfo info{
      .name = "inverse_time_decay",
      .class_name = "InverseTimeDecay",
      .summary = "one over time (Keras)",
      .formula = "lr = initial_learning_rate / (1 + decay_rate*s/decay_steps)  (staircase: floor of s/decay_steps)"};
  Required<double> initial_learning_rate, decay_steps, decay_rate;
  bool staircase = false;
  std::string name = "InverseTimeDecay";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("initial_learning_rate", self.initial_learning_rate, "rate at step 0");
    f("decay_steps", self.decay_steps, "steps that count as one");
    f("decay_rate", self.decay_rate, "how fast");
    f("staircase", self.staircase, "jump every decay_steps steps instead of sliding");
    f("name", self.name, "not used");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const { check_decay_steps(info, "decay_steps", decay_steps); }
  double rate(const ScheduleMoment& now, const ScheduleRun&) const;
};

struct CosineDecay {
  static constexpr SpecInfo info{
      .name = "cosine_decay",
      .class_name = "CosineDecay",
      .summary = "half a cosine over decay_steps, with a linear warm-up in front where warmup_target is given (Keras)",
      .formula =
          "lr = L*((1 - alpha)/2*(1 + cos(pi*s/decay_steps)) + alpha), s <= decay_steps, L = initial_learning_rate\n"
          "warm-up: initial_learning_rate + (warmup_target - initial_learning_rate)*s/warmup_steps for s < warmup_steps, then the "
          "cosine of s - warmup_steps with L = warmup_target"};
  Required<double> initial_learning_rate, decay_steps;
  double alpha = 0;
  std::string name = "CosineDecay";
  std::optional<double> warmup_target = {};
  double warmup_steps = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("initial_learning_rate", self.initial_learning_rate, "rate at step 0");
    f("decay_steps", self.decay_steps, "steps of the cosine, after the warm-up");
    f("alpha", self.alpha, "where it ends, as a share of where it began");
    f("name", self.name, "not used");
    f("warmup_target", self.warmup_target, "rate at the end of the warm-up; none: no warm-up, whatever warmup_steps says");
    f("warmup_steps", self.warmup_steps, "steps of the warm-up");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const { check_decay_steps(info, "decay_steps", decay_steps); }
  double rate(const ScheduleMoment& now, const ScheduleRun&) const;
};

struct CosineDecayRestarts {
  static constexpr SpecInfo info{
      .name = "cosine_decay_restarts",
      .class_name = "CosineDecayRestarts",
      .summary = "half a cosine again and again, each t_mul times as long and m_mul times as high (Keras; SGDR)",
      .formula =
          "lr = initial_learning_rate*((1 - alpha)/2*m_mul^i*(1 + cos(pi*f)) + alpha), i restarts so far, f the share done of this "
          "period"};
  Required<double> initial_learning_rate, first_decay_steps;
  double t_mul = 2, m_mul = 1, alpha = 0;
  std::string name = "SGDRDecay";
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("initial_learning_rate", self.initial_learning_rate, "rate at step 0");
    f("first_decay_steps", self.first_decay_steps, "steps of the first period");
    f("t_mul", self.t_mul, "each period is so many times as long as the one before");
    f("m_mul", self.m_mul, "and starts so many times as high");
    f("alpha", self.alpha, "the lowest rate, as a share of the initial one");
    f("name", self.name, "not used");
  }
  static constexpr ScheduleClock clock() { return ScheduleClock::step; }
  void check() const;
  double rate(const ScheduleMoment& now, const ScheduleRun&) const;
};

}  // namespace lehr
