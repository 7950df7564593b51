// optimizer_rules.h: every rule of kernels/optimizer_rules.h as a problem can name it, and the same in float64 by its formula in Keras, PyTorch
// or the paper.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "kernels/optimizer_rules.h"
#include "kernels/problem.h"

namespace lehr::check {

/// What float64 knows of the weight's segment and step.
struct RuleStep {
  double rate = 0;         ///< the segment's learning rate: the step's times its rate factor
  double rate_factor = 1;  ///< of the segment
  double decay = 0;        ///< the share of w that has gone already
  double norm = 1;         ///< the segment's factor, which the gradient has already
  bool applies = true;     ///< false: the step only accumulates gradients
};

struct RuleCase {
  OptimizerRule rule;
  StepRow row = {};                                   ///< of step t
  double rate = 0.01, decay = 0;                      ///< decay: the share of w that goes, rate * weight_decay
  bool every_step = false;                            ///< also on steps that only accumulate
  double magnitude = 1;                               ///< of the largest term that is rounded
  std::vector<std::pair<double, double>> slots = {};  ///< the range that each slot begins in
  /// One weight, after its decay; `slot` in the order of the planes.
  std::function<void(double& w, double g, std::vector<double>& slot, const RuleStep& step)> apply = {};
};

/// `rule=adam t=3 momentum=0 nesterov=0 amsgrad=0 centered=0 style=keras`; throws Error{usage} for an unknown rule.
RuleCase rule_case(const Problem& problem);

}  // namespace lehr::check
