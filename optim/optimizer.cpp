#include "optim/optimizer.h"

#include "optim/adam.h"

namespace lehr {

Optimizer::Optimizer() : Optimizer(Adam{}) {}

int Optimizer::slots() const {
  return std::visit([](const auto& r) { return r.slots(); }, rule());
}

StepRow Optimizer::row(std::int64_t step, double rate) const {
  StepRow row = held_->row(step + 1, rate);
  row.learning_rate = static_cast<float>(rate);
  row.decay = static_cast<float>(rate * options().weight_decay.value_or(0));
  return row;
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
  for (const auto& value : {o.weight_decay, o.clipnorm, o.clipvalue, o.global_clipnorm})
    if (value && *value < 0)
      throw Error({.category = Category::usage,
                   .where = std::string(info.name),
                   .what = "decay and clipping cannot be negative",
                   .expected = "0 or more",
                   .got = std::to_string(*value)});
}

}  // namespace lehr
