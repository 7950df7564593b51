#include "layers/penalties.h"

#include "kernels/regularize.h"

namespace lehr {

namespace {

PenaltySpec penalty_spec(const Planner& p, Value w, const Regularizer& r, double scale) {
  return {.count = p.count(w),
          .l1 = static_cast<float>(r.l1),
          .l2 = static_cast<float>(r.l2),
          .scale = static_cast<float>(scale),
          .dtype = p.dtype(w)};
}

// dw += gradient of the penalty.
void emit_gradient(Planner& p, const std::string& layer, Value w, Value dw, const Regularizer& r, double scale) {
  PenaltySpec spec = penalty_spec(p, w, r, scale);
  spec.gradient = p.dtype(dw);
  auto op = p.prepare(spec);
  p.add(
      {.name = "penalty gradient", .layer = layer, .reads = {w, dw}, .writes = {dw}, .run = [op, w, dw](const Binding& v, View, Stream& s) {
         op->run(v[w], {}, v[dw], {}, s);
       }});
}

}  // namespace

void Penalties::emit(const std::string& layer, Value w, const Regularizer& r, double scale) {
  PenaltySpec spec = penalty_spec(*p_, w, r, scale);
  spec.accumulate = static_cast<bool>(loss_);
  std::vector<Value> reads{w};
  if (loss_)
    reads.push_back(loss_);
  else
    loss_ = p_->tensor("penalties", 1, DType::f32);
  auto op = p_->prepare(spec);
  p_->add({.name = "penalty",
           .layer = layer,
           .reads = reads,
           .writes = {loss_},
           .workspace_bytes = op->workspace_bytes(),
           .run = [op, w, loss = loss_](const Binding& v, View ws, Stream& s) { op->run(v[w], v[loss], {}, ws, s); }});
}

void Penalties::emit_activities(const std::vector<Value>& values) {
  const double scale = 1.0 / static_cast<double>(p_->batch());
  for (std::size_t i = 0; i < network_->layers().size(); ++i) {
    const auto& layer = network_->layers()[i];
    const Regularizer r = layer.layer->activity_regularizer();
    if (!r) continue;
    const Value y = values[i + 1];
    emit(layer.name, y, r, scale);
    p_->on_backward([p = p_, y, r, scale, name = layer.name] {
      p->contribute(y, [&](Value dy) {
        p->add({.name = "zero",
                .layer = name,
                .reads = {},
                .writes = {dy},
                .run = [&device = p->backend(), dy](const Binding& v, View, Stream&) { device.zero(v[dy].data, v[dy].bytes()); }});
        emit_gradient(*p, name, y, dy, r, scale);
      });
    });
  }
}

void Penalties::emit_weights() {
  for (const auto& layer : network_->layers())
    for (std::size_t i = 0; i < layer.weights.size(); ++i) {
      const Regularizer& r = layer.weights[i].regularizer;
      if (!r) continue;
      const Value w = p_->weight(layer.state[i]);
      emit(layer.name, w, r, 1);
      if (p_->training() && p_->state().tensors()[layer.state[i]].trainable)
        emit_gradient(*p_, layer.name, w, p_->weight_gradient(layer.state[i]), r, 1);
    }
}

void emit_constraints(Planner& planner, const BuiltNetwork& network) {
  for (const auto& layer : network.layers())
    for (std::size_t i = 0; i < layer.weights.size(); ++i) {
      const auto& constraint = layer.weights[i].constraint;
      if (!constraint.kind || !planner.state().tensors()[layer.state[i]].trainable) continue;
      const Shape& shape = layer.weights[i].shape;
      const std::int64_t rows = norm_rows(constraint, shape);
      auto op = planner.prepare(ConstraintSpec{.kind = *constraint.kind,
                                               .rows = rows,
                                               .channels = shape.elements() / rows,
                                               .max_value = static_cast<float>(constraint.max_value)});
      const Value w = planner.weight(layer.state[i]);
      planner.add({.name = "constraint",
                   .layer = layer.name,
                   .reads = {w},
                   .writes = {w},
                   .workspace_bytes = op->workspace_bytes(),
                   .run = [op, w, &state = planner.state(), index = layer.state[i]](const Binding& v, View ws, Stream& s) {
                     op->run(v[w], state.copy_of(index), state.step_table(), state.counters(), ws, s);
                   }});
    }
}

}  // namespace lehr
