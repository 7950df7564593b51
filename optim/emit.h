// emit.h: the optimizer's operations at the end of a training step:
//   gradients of several steps added up -> clipping -> the optimizer's own -> running average of the weights
#pragma once

#include <string>
#include <vector>

#include "engine/planner.h"
#include "kernels/segment_factor.h"
#include "optim/optimizer.h"

namespace lehr {

/// What an optimizer that is no element-wise rule emits its operations with. Gradients come averaged and clipped.
class OptimizerEmission {
 public:
  enum class Arena : std::uint8_t { parameters, gradients, slots };
  /// Where numbers of the trainable arena lie; `plane` counts slot planes.
  struct Place {
    Arena arena = Arena::gradients;
    int plane = 0;
  };
  struct Step {
    std::string name;
    OptimizerRule rule;
    std::vector<Segment> segments;  ///< nothing else changes
    int plane = 0;                  ///< the rule's first slot plane
    Place w = {.arena = Arena::parameters}, g = {};
    Value factors = {};  ///< a factor a segment, for g
    float clip_value = 0;
    bool every_step = false;
  };

  OptimizerEmission(Planner& planner, const Optimizer& optimizer);

  Planner& planner() const { return planner_; }
  State& state() const { return planner_.state(); }
  const std::vector<Segment>& segments() const { return segments_; }    ///< of the trainable tensors, in order
  const std::vector<std::size_t>& tensors() const { return tensors_; }  ///< their indices in the state
  const StateTensor& tensor(std::size_t i) const { return state().tensors()[tensors_[i]]; }
  Value gradient(std::size_t i) const { return gradients_[i]; }
  std::vector<Segment> without_decay(std::vector<Segment> segments) const;

  void element_wise(const OptimizerRule& rule);  ///< with clipping in the same launch
  void clip();                                   ///< in place, for optimizers that look at the gradients before they step
  void step(const Step& step);
  Value factors(const SegmentFactorSpec& spec, Place u);

 private:
  friend void emit_optimizer(Planner& planner, const Optimizer& optimizer);
  Value clip_factors();
  void accumulate();
  void average();

  Planner& planner_;
  const Optimizer& optimizer_;
  std::vector<std::size_t> tensors_;
  std::vector<Segment> segments_;
  std::vector<Value> gradients_;
};

/// Gives the state its slots and emits everything above. Gradients must have been emitted.
void emit_optimizer(Planner& planner, const Optimizer& optimizer);
/// The end of a step: counters move on.
void emit_advance(Planner& planner, bool training);

}  // namespace lehr
