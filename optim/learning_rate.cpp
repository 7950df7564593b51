#include "optim/learning_rate.h"

namespace lehr {

namespace {
constexpr double keras_default = 1e-3;
}

LearningRate LearningRate::with_base(double rate) const {
  LearningRate out = *this;
  out.base_ = rate;
  return out;
}

ScheduleRun LearningRate::run(ScheduleRun run) const {
  run.initial = base_.value_or(keras_default);
  return run;
}

std::unique_ptr<RateCurve> LearningRate::curve(ScheduleRun given) const {
  if (!schedule_) return constant_rate(base_.value_or(keras_default));
  return schedule_->curve(run(given));
}

double LearningRate::first() const { return curve({.epochs = 1000})->at(0); }

LearningRate LearningRate::over(const LearningRate& own, const LearningRate& given) {
  if (given.constant()) {
    const bool moves_start = own.schedule_ && !own.schedule_->initial();
    return moves_start ? own.with_base(given.base_.value()) : given;
  }
  LearningRate out = given;
  if (!out.base_) out.base_ = own.base_;
  return out;
}

LearningRate SpecConvert<LearningRate>::from(const SpecValue& value) {
  if (value.is(SpecKind::number)) return {value.number};
  if (value.is(SpecKind::searched)) throw wrong_type(value, expects());
  return {schedule_from(value)};
}

SpecValue SpecConvert<LearningRate>::to(const LearningRate& rate) {
  return rate.schedule() ? rate.schedule()->text() : SpecValue::of(rate.base().value_or(keras_default));
}

}  // namespace lehr
