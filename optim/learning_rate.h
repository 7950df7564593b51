// learning_rate.h: what an optimizer's learning_rate may be: a number, or a schedule that starts from one.
#pragma once

#include <memory>
#include <optional>

#include "optim/schedule_catalogue.h"

namespace lehr {

class LearningRate {
 public:
  LearningRate() = default;
  LearningRate(double rate) : base_(rate) {}  // NOLINT(google-explicit-constructor): Adam{.learning_rate = 1e-4}
  template <class T>
    requires(SpecType<T> || std::is_same_v<T, Schedule>)
  // NOLINTNEXTLINE(google-explicit-constructor): {.learning_rate = Cosine{}}
  LearningRate(T schedule) : schedule_(std::make_shared<const Schedule>(std::move(schedule))) {}

  bool constant() const { return !schedule_; }
  const Schedule* schedule() const { return schedule_.get(); }  ///< null where it is a number
  /// The number; of a schedule, where it starts unless it says so itself. Unset before an optimizer filled in its default.
  std::optional<double> base() const { return base_; }
  LearningRate with_base(double rate) const;
  /// The rate of the first step of a run.
  double first() const;
  std::unique_ptr<RateCurve> curve(ScheduleRun run) const;  ///< run.initial is filled in here
  ScheduleRun run(ScheduleRun run) const;                   ///< with initial filled in

  /// `--learning-rate` on top of an optimizer's own: a number wins, but only moves the start of a schedule that has none of its own; a
  /// schedule starts from the optimizer's number.
  static LearningRate over(const LearningRate& own, const LearningRate& given);

 private:
  std::optional<double> base_ = {};
  // No optional: g++ 12 sees an uninitialized read in each one that a user's program moves (GCC bug 105562).
  std::shared_ptr<const Schedule> schedule_ = nullptr;
};

/// The first rate of a schedule in a long run, for what has no run at hand.
template <>
struct SpecConvert<LearningRate> {
  static LearningRate from(const SpecValue& value);
  static SpecValue to(const LearningRate& rate);
  static std::string expects() { return "a number or a schedule"; }
};

}  // namespace lehr
