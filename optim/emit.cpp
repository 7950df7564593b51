#include "optim/emit.h"

#include "kernels/optimizer_step.h"

namespace lehr {

void emit_optimizer(Planner& p, const Optimizer& optimizer) {
  State& state = p.state();
  state.set_slots(optimizer.slots());
  const auto& options = optimizer.options();
  const auto segments = state.segments();
  const bool by_norm = options.clipnorm.value_or(0) > 0 || options.global_clipnorm.value_or(0) > 0;

  std::vector<Value> gradients;
  for (std::size_t i = 0; i < state.tensors().size(); ++i)
    if (state.tensors()[i].trainable) gradients.push_back(p.weight_gradient(i));

  Value factors;
  if (by_norm) {
    factors = p.tensor("clip factors", static_cast<std::int64_t>(segments.size()), DType::f32);
    auto clip = p.prepare(NormClipSpec{.segments = segments,
                                       .clipnorm = static_cast<float>(options.clipnorm.value_or(0)),
                                       .global_clipnorm = static_cast<float>(options.global_clipnorm.value_or(0))});
    p.add({.name = "clip by norm",
           .layer = "optimizer",
           .reads = gradients,
           .writes = {factors},
           .workspace_bytes = clip->workspace_bytes(),
           .run = [clip, &state, factors](const Binding& v, View ws, Stream& s) { clip->run(state.gradients(), v[factors], ws, s); }});
  }
  auto step = p.prepare(OptimizerStepSpec{.rule = optimizer.rule(),
                                          .count = state.trainable_count(),
                                          .segments = segments,
                                          .clip_value = static_cast<float>(options.clipvalue.value_or(0)),
                                          .norm_clip = by_norm,
                                          .write_copy = state.has_copy()});
  auto reads = gradients;
  if (factors) reads.push_back(factors);
  p.add({.name = std::string(optimizer.info().name),
         .layer = "optimizer",
         .reads = reads,
         .always = true,
         .run = [step, &state, factors](const Binding& v, View, Stream& s) {
           step->run(state.parameters(), state.gradients(), state.slots(), state.step_table(), state.counters(), v[factors], state.copy(),
                     s);
           state.touch();
         }});
}

void emit_advance(Planner& p, bool training) {
  auto op = p.prepare(AdvanceSpec{.batch = p.batch(), .training = training});
  p.add({.name = "advance", .layer = "counters", .always = true, .run = [op, &state = p.state()](const Binding&, View, Stream& s) {
           op->run(state.counters(), s);
         }});
}

}  // namespace lehr
