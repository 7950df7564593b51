#include "optim/optimizer.h"

#include <cmath>

#include "engine/number_text.h"
#include "optim/adam.h"
#include "optim/emit.h"

namespace lehr {

Optimizer::Optimizer() : Optimizer(Adam{}) {}

SlotLayout Optimizer::slots(const std::vector<StateTensor>& tensors) const {
  SlotLayout layout{.initial = held_->slot_initial(), .extra = held_->slot_extra(tensors)};
  if (options().use_ema) layout.initial.push_back(0);
  if (options().gradient_accumulation_steps) layout.initial.push_back(0);
  return layout;
}

std::optional<EvaluationWeights> Optimizer::evaluation_weights() const {
  if (const auto extrapolation = held_->extrapolation())
    return EvaluationWeights{.plane = 0, .extrapolation = *extrapolation, .average = false};
  if (options().use_ema) return EvaluationWeights{.plane = static_cast<int>(slot_names().size())};
  return std::nullopt;
}

// Keras counts updates for the bias correction and batches for schedules; the first update's weights begin the average.
StepRow Optimizer::row(std::int64_t step, double rate) const {
  const OptimizerOptions& o = options();
  const std::int64_t every = o.gradient_accumulation_steps.value_or(1), iterations = step / every;
  StepRow row = held_->row(iterations + 1, rate);
  if (row.learning_rate == 0) row.learning_rate = static_cast<float>(rate);
  if (!held_->decays_itself()) row.decay = static_cast<float>(rate * o.weight_decay.value_or(0));
  row.apply = (step + 1) % every == 0 ? 1 : 0;
  row.average = iterations == 0 ? 1.0F : 1.0F - static_cast<float>(o.ema_momentum);
  row.overwrite = o.ema_overwrite_frequency && (iterations + 1) % *o.ema_overwrite_frequency == 0 ? 1 : 0;
  return row;
}

void Optimizer::emit_rule(OptimizerEmission& emission, const OptimizerRule& rule) { emission.element_wise(rule); }

void check_share(const SpecInfo& info, std::string_view field, double value, bool may_be_one) {
  if (value >= 0 && (value < 1 || (may_be_one && value == 1))) return;
  throw Error({.category = Category::usage,
               .where = std::string(info.name),
               .what = std::string(field) + (may_be_one ? " must be a share" : " must lie in [0, 1)"),
               .expected = may_be_one ? "0 to 1" : "0 to below 1",
               .got = number_text(value)});
}

void check_positive(const SpecInfo& info, std::string_view field, double value, bool may_be_zero) {
  if (value > 0 || (may_be_zero && value == 0)) return;
  throw Error({.category = Category::usage,
               .where = std::string(info.name),
               .what = std::string(field) + (may_be_zero ? " cannot be negative" : " must be positive"),
               .expected = may_be_zero ? "0 or more" : "more than 0",
               .got = number_text(value)});
}

void Optimizer::check_options(const SpecInfo& info, const OptimizerOptions& o) {
  const int clippings =
      (o.clipnorm.value_or(0) > 0 ? 1 : 0) + (o.clipvalue.value_or(0) > 0 ? 1 : 0) + (o.global_clipnorm.value_or(0) > 0 ? 1 : 0);
  if (clippings > 1)
    throw Error({.category = Category::usage,
                 .where = std::string(info.name),
                 .what = "only one kind of gradient clipping may be set",
                 .expected = "clipnorm, clipvalue or global_clipnorm",
                 .got = std::to_string(clippings) + " of them"});
  for (const auto& [name, value] : {std::pair{"weight_decay", o.weight_decay},
                                    {"clipnorm", o.clipnorm},
                                    {"clipvalue", o.clipvalue},
                                    {"global_clipnorm", o.global_clipnorm}})
    check_positive(info, name, value.value_or(0), true);
  check_share(info, "ema_momentum", o.ema_momentum, true);
  const auto at_least = [&](const char* field, const std::optional<int>& value, int least) {
    if (!value || *value >= least) return;
    throw Error({.category = Category::usage,
                 .where = std::string(info.name),
                 .what = std::string(field) + " is too small",
                 .expected = std::to_string(least) + " or more, or none",
                 .got = std::to_string(*value)});
  };
  at_least("ema_overwrite_frequency", o.ema_overwrite_frequency, 1);
  at_least("gradient_accumulation_steps", o.gradient_accumulation_steps, 2);
}

}  // namespace lehr
