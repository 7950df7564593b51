#include "optim/adafactor.h"

#include <algorithm>
#include <cmath>

#include "kernels/factored_moments.h"
#include "optim/emit.h"

namespace lehr {

namespace {

/// The last two axes are factored; a vector is not.
FactoredMomentsSpec moments_of(const Shape& shape, double epsilon) {
  const auto& e = shape.extents();
  FactoredMomentsSpec spec{.columns = shape.elements(), .factored = e.size() >= 2, .epsilon = static_cast<float>(epsilon)};
  if (!spec.factored) return spec;
  spec.columns = e[e.size() - 1];
  spec.rows = e[e.size() - 2];
  spec.matrices = shape.elements() / std::max<std::int64_t>(1, spec.rows * spec.columns);
  return spec;
}

}  // namespace

StepRow Adafactor::row(std::int64_t t, double rate) const {
  const auto n = static_cast<double>(t);
  return {.learning_rate = static_cast<float>(std::min(rate, 1 / std::sqrt(n))), .a = static_cast<float>(1 - std::pow(n, beta_2_decay))};
}

std::int64_t Adafactor::slot_extra(const std::vector<StateTensor>& tensors) const {
  std::int64_t count = 0;
  for (const auto& t : tensors)
    if (t.trainable) count += moments_of(t.shape, epsilon_1).moments();
  return count;
}

void Adafactor::emit(OptimizerEmission& e) const {
  e.clip();
  if (weight_decay.value_or(0) > 0) e.step({.name = "decay", .rule = DecayRule{}, .segments = e.segments()});
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < e.tensors().size(); ++i) {
    const FactoredMomentsSpec spec = moments_of(e.tensor(i).shape, epsilon_1);
    auto op = e.planner().prepare(spec);
    e.planner().add({.name = "factored moments",
                     .layer = "optimizer",
                     .reads = {e.gradient(i)},
                     .writes = {e.gradient(i)},
                     .always = true,
                     .run = [op, &state = e.state(), g = e.gradient(i), offset, count = spec.moments()](const Binding& v, View, Stream& s) {
                       const View extra = state.slot_extra();
                       op->run(v[g], {extra.as<float>() + offset, DType::f32, static_cast<std::size_t>(count)}, state.step_table(),
                               state.counters(), s);
                     }});
    offset += spec.moments();
  }
  const Value size =
      e.factors({.kind = FactorKind::adafactor, .segments = e.segments(), .epsilon = epsilon_2, .limit = clip_threshold}, {});
  e.step({.name = "adafactor", .rule = SgdRule{}, .segments = e.without_decay(e.segments()), .factors = size});
}

}  // namespace lehr
