// schedule.h: a learning rate as a function of time. A person writes a spec (StepDecay{.drop = 0.5, .epochs_drop = 15}) or a callable; what
// runs is a RateCurve, made from it for one run of so many epochs.
//
// A spec has info, fields, `static constexpr ScheduleClock clock()` (does it move every step or every epoch?) and
// `double rate(const ScheduleMoment&, const ScheduleRun&) const`. Where it has them, `std::optional<double> initial` is the rate it starts
// from instead of the run's, `bool recursive() const` says that it reads moment.lr, and `void check() const` refuses wrong fields.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/spec/convert.h"

namespace lehr {

enum class ScheduleClock : std::uint8_t { step, epoch };

/// What a schedule stretches over.
struct ScheduleRun {
  double initial = 1e-3;  ///< where it starts, unless it says so itself
  double epochs = 1;      ///< of the whole run; a fraction where a warm-up has taken its part
  std::int64_t steps_per_epoch = 1;
  std::int64_t first_step = 0;  ///< Keras's `iterations` at the run's begin
  double steps() const { return epochs * static_cast<double>(steps_per_epoch); }
};
struct ScheduleMoment {
  std::int64_t epoch = 0;     ///< of the run, from 0
  std::int64_t run_step = 0;  ///< steps since the run's begin
  std::int64_t step = 0;      ///< Keras's `iterations`: since the first fit
  double lr = 0;              ///< the rate one tick before, as float32 keeps it; at the begin run.initial
};

/// The rates of one run.
class RateCurve {
 public:
  virtual ~RateCurve() = default;
  virtual double at(std::int64_t run_step) = 0;
};
std::unique_ptr<RateCurve> constant_rate(double rate);

class Schedule {
 public:
  template <class T>
    requires SpecType<T>
  Schedule(T spec) : held_(std::make_shared<const Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor)
  /// Keras's schedule(epoch) and schedule(epoch, lr) as C++ callables.
  static Schedule of(std::function<double(std::int64_t epoch)> rate);
  static Schedule of(std::function<double(std::int64_t epoch, double lr)> rate);

  const SpecInfo& info() const { return held_->info(); }
  ScheduleClock clock() const { return held_->clock(); }
  std::optional<double> initial() const { return held_->initial(); }  ///< set where it has a rate of its own to start from
  std::unique_ptr<RateCurve> curve(const ScheduleRun& run) const { return held_->curve(run); }
  /// What Keras's LearningRateScheduler asks at the begin of an epoch, when the optimizer has the rate lr. `curve` is that of this run.
  double next(RateCurve& curve, const ScheduleRun& run, std::int64_t epoch, double lr) const;
  SpecValue text() const { return held_->text(); }
  SpecValue config() const { return held_->config(); }

  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual ScheduleClock clock() const = 0;
    virtual bool recursive() const = 0;
    virtual std::optional<double> initial() const = 0;
    virtual double rate(const ScheduleMoment& moment, const ScheduleRun& run) const = 0;
    virtual std::unique_ptr<RateCurve> curve(const ScheduleRun& run) const = 0;
    virtual SpecValue text() const = 0;
    virtual SpecValue config() const = 0;
  };

 private:
  template <class T>
  struct Held;
  std::shared_ptr<const Base> held_;
};

/// The curve of a schedule that computes one rate at a time; a recursive one is walked from the begin, its rates kept.
std::unique_ptr<RateCurve> walked(std::shared_ptr<const Schedule::Base> schedule, const ScheduleRun& run);

/// A spec with `curve(run)` instead of `rate` makes its own (warm-up).
template <class T>
struct Schedule::Held final : Base, std::enable_shared_from_this<Schedule::Held<T>> {
  explicit Held(T s) : spec(std::move(s)) {
    if constexpr (requires { spec.check(); }) spec.check();
  }
  const SpecInfo& info() const override { return T::info; }
  ScheduleClock clock() const override { return spec.clock(); }
  bool recursive() const override {
    if constexpr (requires { spec.recursive(); }) return spec.recursive();
    return false;
  }
  std::optional<double> initial() const override {
    if constexpr (requires { spec.initial; }) return spec.initial;
    if constexpr (requires { spec.initial_learning_rate; }) return spec.initial_learning_rate.value();
    return std::nullopt;
  }
  double rate(const ScheduleMoment& moment, const ScheduleRun& run) const override {
    if constexpr (requires { spec.rate(moment, run); }) return spec.rate(moment, run);
    return run.initial;
  }
  std::unique_ptr<RateCurve> curve(const ScheduleRun& given) const override {
    ScheduleRun run = given;
    run.initial = initial().value_or(run.initial);
    if constexpr (requires { spec.curve(run); })
      return spec.curve(run);
    else
      return walked(this->shared_from_this(), run);
  }
  SpecValue text() const override { return to_spec(spec); }
  SpecValue config() const override { return to_config(spec); }
  T spec;
};

/// "step_decay(...) changes the rate by 0.5 % over the run" where a schedule hardly moves; empty where it does, and for a constant.
std::string schedule_warning(const Schedule& schedule, const ScheduleRun& run);
/// Error{usage} where the rate of an epoch's first step is negative or no number.
void check_rates(const Schedule& schedule, const ScheduleRun& run);

}  // namespace lehr
