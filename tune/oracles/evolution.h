// evolution.h: regularized evolution (Real, Aggarwal, Huang, Le, AAAI 2019): of the youngest `population`, the best of a random sample has a
// child with one value changed. For architectures: repetitions, branches and widths are values like any other.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct Evolution {
  static constexpr SpecInfo info{.name = "evolution",
                                 .class_name = "RegularizedEvolution",
                                 .summary = "aging evolution: the best of a random sample gets a child with one value changed",
                                 .formula = "parent = best of `sample` among the last `population` trials"};
  std::int64_t trials = 100;
  std::int64_t population = 20;
  std::int64_t sample = 5;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("trials", self.trials, "how many");
    f("population", self.population, "that are young enough to have children; the first so many are random");
    f("sample", self.sample, "drawn from them");
  }
};
Answer propose(const Evolution& oracle, const Question& question);
OraclePlan plan_of(const Evolution& oracle, const Space& space);

}  // namespace lehr
