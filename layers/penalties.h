// penalties.h: regularizers and constraints of a built network, as operations around the backward pass.
#pragma once

#include "layers/network.h"

namespace lehr {

/// Sum of all penalties of a batch: one float, or no value where the network has none.
class Penalties {
 public:
  Penalties(Planner& planner, const BuiltNetwork& network) : p_(&planner), network_(&network) {}
  /// Before backward(): penalties on outputs, divided by the batch as in Keras. `values` as BuiltNetwork::emit returns them.
  void emit_activities(const std::vector<Value>& values);
  /// After backward(): penalties on weights; adds to their gradients in training.
  void emit_weights();
  Value loss() const { return loss_; }

 private:
  void emit(const std::string& layer, Value w, const Regularizer& r, double scale);
  Planner* p_;
  const BuiltNetwork* network_;
  Value loss_;
};

/// After the optimizer's step: max_norm, non_neg, unit_norm, in place.
void emit_constraints(Planner& planner, const BuiltNetwork& network);

}  // namespace lehr
