// averaged_weights.h: an optimizer's other weights (a running average, schedule-free's x) in the place of those that train, and back. The
// training weights wait on the host, so that coming back loses no bit; a swap costs two copies, once an epoch.
#pragma once

#include <vector>

#include "optim/optimizer.h"

namespace lehr {

class AveragedWeights {
 public:
  AveragedWeights(State& state, const EvaluationWeights& which) : state_(&state), which_(which) {}
  void enter();  ///< the other weights are the state's now
  void leave();  ///< the training weights are back, bit for bit
  void keep();   ///< the other weights become those that train: Keras's end of a training with use_ema
  bool inside() const { return !training_.empty(); }
  const std::vector<float>& training() const { return training_; }  ///< all parameters, while inside

 private:
  std::vector<float> averaged() const;
  void write(const std::vector<float>& values);
  State* state_;
  EvaluationWeights which_;
  std::vector<float> training_;
};

}  // namespace lehr
