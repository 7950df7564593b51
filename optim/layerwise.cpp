#include "optim/layerwise.h"

#include "optim/emit.h"

namespace lehr {

StepRow Lamb::row(std::int64_t t, double) const {
  const auto correction = [&](double beta) {
    return 1 / (1 - std::pow(static_cast<double>(static_cast<float>(beta)), static_cast<double>(t)));
  };
  return {.a = static_cast<float>(correction(beta_1)), .c = static_cast<float>(correction(beta_2))};
}

void Lamb::emit(OptimizerEmission& e) const {
  using Arena = OptimizerEmission::Arena;
  e.clip();
  const OptimizerEmission::Place direction{.arena = Arena::slots, .plane = 2};
  // The segments' own rate factors belong to the second pass: a corrected moment has no rate in it.
  auto segments = e.segments();
  for (Segment& s : segments) s.rate_factor = 1;
  e.step({.name = "lamb direction",
          .rule = LambRule{.one_minus_beta_1 = static_cast<float>(1 - beta_1),
                           .one_minus_beta_2 = static_cast<float>(1 - beta_2),
                           .epsilon = static_cast<float>(epsilon),
                           .coupled = static_cast<float>(decays_itself() ? weight_decay.value_or(0) : 0)},
          .segments = segments});
  const Value trust = e.factors({.kind = FactorKind::trust, .segments = segments}, direction);
  e.step({.name = "lamb", .rule = SgdRule{}, .segments = e.without_decay(e.segments()), .g = direction, .factors = trust});
}

void LARS::emit(OptimizerEmission& e) const {
  e.clip();
  std::vector<std::uint8_t> neutral;
  for (std::size_t i = 0; i < e.tensors().size(); ++i) neutral.push_back(!vectors_too && e.tensor(i).shape.rank() < 2 ? 1 : 0);
  const Value trust = e.factors({.kind = FactorKind::lars,
                                 .segments = e.segments(),
                                 .neutral = neutral,
                                 .scale = trust_coefficient,
                                 .decay = weight_decay.value_or(0),
                                 .epsilon = epsilon},
                                {});
  e.step(
      {.name = "lars",
       .rule =
           LarsRule{.momentum = static_cast<float>(momentum), .decay = static_cast<float>(weight_decay.value_or(0)), .nesterov = nesterov},
       .segments = e.without_decay(e.segments()),
       .factors = trust});
}

}  // namespace lehr
