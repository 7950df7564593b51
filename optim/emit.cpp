#include "optim/emit.h"

#include "kernels/optimizer_step.h"

namespace lehr {

OptimizerEmission::OptimizerEmission(Planner& planner, const Optimizer& optimizer)
    : planner_(planner), optimizer_(optimizer), segments_(planner.state().segments()) {
  for (std::size_t i = 0; i < state().tensors().size(); ++i) {
    if (!state().tensors()[i].trainable) continue;
    tensors_.push_back(i);
    gradients_.push_back(planner.weight_gradient(i));
  }
}

std::vector<Segment> OptimizerEmission::without_decay(std::vector<Segment> segments) const {
  for (Segment& s : segments) s.decays = false;
  return segments;
}

namespace {

/// Asked in every run that is not replayed: a state may have got other slots since (its layout has changed then).
View at(const State& state, OptimizerEmission::Place place) {
  switch (place.arena) {
    case OptimizerEmission::Arena::parameters:
      return state.parameters();
    case OptimizerEmission::Arena::gradients:
      return state.gradients();
    default:
      return state.slot_plane(place.plane);
  }
}

}  // namespace

void OptimizerEmission::step(const Step& s) {
  if (s.segments.empty()) return;
  const bool weights = s.w.arena == Arena::parameters;
  auto op = planner_.prepare(OptimizerStepSpec{.rule = s.rule,
                                               .count = state().trainable_count(),
                                               .segments = s.segments,
                                               .clip_value = s.clip_value,
                                               .norm_clip = static_cast<bool>(s.factors),
                                               .write_copy = weights && state().has_copy(),
                                               .every_step = s.every_step});
  auto reads = gradients_;
  if (s.factors) reads.push_back(s.factors);
  planner_.add({.name = s.name,
                .layer = "optimizer",
                .reads = reads,
                .always = true,
                .changes_weights = weights,
                .run = [op, &state = state(), w = s.w, g = s.g, plane = s.plane, factors = s.factors, weights](const Binding& v, View,
                                                                                                               Stream& stream) {
                  op->run(at(state, w), at(state, g), state.slot_plane(plane), state.step_table(), state.counters(), v[factors],
                          weights ? state.copy() : View{}, stream);
                }});
}

Value OptimizerEmission::factors(const SegmentFactorSpec& spec, Place u) {
  const Value out = planner_.tensor("segment factors", static_cast<std::int64_t>(spec.segments.size()), DType::f32);
  auto op = planner_.prepare(spec);
  planner_.add({.name = "norms",
                .layer = "optimizer",
                .reads = gradients_,
                .writes = {out},
                .workspace_bytes = op->workspace_bytes(),
                .run = [op, &state = state(), u, out](const Binding& v, View ws, Stream& s) {
                  op->run(state.parameters(), at(state, u), v[out], ws, s);
                }});
  return out;
}

Value OptimizerEmission::clip_factors() {
  const auto& o = optimizer_.options();
  if (o.clipnorm.value_or(0) <= 0 && o.global_clipnorm.value_or(0) <= 0) return {};
  const Value factors = planner_.tensor("clip factors", static_cast<std::int64_t>(segments_.size()), DType::f32);
  auto clip = planner_.prepare(NormClipSpec{.segments = segments_,
                                            .clipnorm = static_cast<float>(o.clipnorm.value_or(0)),
                                            .global_clipnorm = static_cast<float>(o.global_clipnorm.value_or(0))});
  planner_.add({.name = "clip by norm",
                .layer = "optimizer",
                .reads = gradients_,
                .writes = {factors},
                .workspace_bytes = clip->workspace_bytes(),
                .run = [clip, &state = state(), factors](const Binding& v, View ws, Stream& s) {
                  clip->run(state.gradients(), v[factors], ws, s);
                }});
  return factors;
}

void OptimizerEmission::element_wise(const OptimizerRule& rule) {
  step({.name = std::string(optimizer_.info().name),
        .rule = rule,
        .segments = segments_,
        .factors = clip_factors(),
        .clip_value = static_cast<float>(optimizer_.options().clipvalue.value_or(0))});
}

void OptimizerEmission::clip() {
  const Value factors = clip_factors();
  const auto limit = static_cast<float>(optimizer_.options().clipvalue.value_or(0));
  if (!factors && limit <= 0) return;
  step({.name = "clip",
        .rule = CopyRule{},
        .segments = without_decay(segments_),
        .w = {.arena = Arena::gradients},
        .factors = factors,
        .clip_value = limit});
}

void OptimizerEmission::accumulate() {
  const auto& steps = optimizer_.options().gradient_accumulation_steps;
  if (!steps) return;
  step({.name = "accumulate gradients",
        .rule = AccumulateRule{.share = 1 / static_cast<float>(*steps)},
        .segments = without_decay(segments_),
        .plane = static_cast<int>(optimizer_.slots(state().tensors()).initial.size()) - 1,
        .w = {.arena = Arena::gradients},
        .every_step = true});
}

void OptimizerEmission::average() {
  if (!optimizer_.options().use_ema) return;
  step({.name = "average weights",
        .rule = AverageRule{},
        .segments = without_decay(segments_),
        .plane = static_cast<int>(optimizer_.slot_names().size()),
        .every_step = true});
}

void emit_optimizer(Planner& p, const Optimizer& optimizer) {
  const SlotLayout layout = optimizer.slots(p.state().tensors());
  p.state().set_slots(layout.initial, layout.extra);
  OptimizerEmission emission(p, optimizer);
  emission.accumulate();
  optimizer.emit(emission);
  emission.average();
}

void emit_advance(Planner& p, bool training) {
  auto op = p.prepare(AdvanceSpec{.batch = p.batch(), .training = training});
  p.add({.name = "advance", .layer = "counters", .always = true, .run = [op, &state = p.state()](const Binding&, View, Stream& s) {
           op->run(state.counters(), s);
         }});
}

}  // namespace lehr
