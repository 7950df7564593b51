// tpe.h: the tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011; Watanabe 2023) with Optuna's defaults: ten random trials, the
// best tenth (at most 25) against the rest, 24 candidates, prior weight 1, older trials weigh less, running ones count as bad.
#pragma once

#include "tune/oracles/draw.h"
#include "tune/oracles/oracle.h"

namespace lehr {

struct Tpe {
  static constexpr SpecInfo info{
      .name = "tpe",
      .class_name = "TPESampler",
      .summary = "tree-structured Parzen estimator, with Optuna's defaults",
      .formula = "argmax over candidates of log l(x) - log g(x); l, g: kernel densities of the good and the other trials"};
  std::int64_t trials = 30;
  std::int64_t n_startup_trials = 10;
  std::int64_t n_ei_candidates = 24;
  double prior_weight = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("trials", self.trials, "how many");
    f("n_startup_trials", self.n_startup_trials, "random ones first");
    f("n_ei_candidates", self.n_ei_candidates, "drawn from the good trials' density");
    f("prior_weight", self.prior_weight, "of the flat kernel");
  }
};
Answer propose(const Tpe& oracle, const Question& question);
OraclePlan plan_of(const Tpe& oracle, const Space& space);

/// The model's answer whatever the number of trials.
Values tpe_values(const Tpe& oracle, const Question& question, Draw& draw);
/// log l(x) - log g(x) by the values that every trial has: what the answer makes as large as its candidates allow.
double tpe_log_ratio(const Tpe& oracle, const Question& question, const Values& values);

}  // namespace lehr
