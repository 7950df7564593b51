// emit.h: the optimizer's operations at the end of a training step.
#pragma once

#include "engine/planner.h"
#include "optim/optimizer.h"

namespace lehr {

/// Gives the state its slots and emits clipping and the one launch over the flat arena. Gradients must have been emitted.
void emit_optimizer(Planner& planner, const Optimizer& optimizer);
/// The end of a step: counters move on.
void emit_advance(Planner& planner, bool training);

}  // namespace lehr
