// asha.h: asynchronous successive halving (Li et al., MLSys 2020): nobody waits; a trial goes on as soon as it is among the best 1/factor of
// those that have come as far.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct Asha {
  static constexpr SpecInfo info{.name = "asha",
                                 .class_name = "ASHA",
                                 .summary = "successive halving without waiting: promotes whenever a trial is among the best of its rung",
                                 .formula = "rung k trains to min_epochs * factor^k epochs; the top floor(n / factor) of a rung go on"};
  std::int64_t max_epochs = 27;
  double factor = 3;
  std::int64_t min_epochs = 1;
  std::int64_t trials = 27;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("max_epochs", self.max_epochs, "epochs of the last rung");
    f("factor", self.factor, "one in so many goes on; 2 or more");
    f("min_epochs", self.min_epochs, "epochs of the first rung");
    f("trials", self.trials, "different points that begin");
  }
};
Answer propose(const Asha& oracle, const Question& question);
OraclePlan plan_of(const Asha& oracle, const Space& space);

}  // namespace lehr
