// cma_es.h: covariance matrix adaptation (Hansen: The CMA Evolution Strategy, arXiv:1604.00772) over positions in the unit cube.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct CmaEs {
  static constexpr SpecInfo info{.name = "cma_es",
                                 .class_name = "CmaEsSampler",
                                 .summary = "covariance matrix adaptation; for continuous values",
                                 .formula = "x ~ m + sigma N(0, C); m, C, sigma learn from the best half of each generation"};
  std::int64_t trials = 100;
  std::optional<std::int64_t> population = {};
  double sigma = 1.0 / 6.0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("trials", self.trials, "how many");
    f("population", self.population, "trials a generation; none: 4 + floor(3 log(dims))");
    f("sigma", self.sigma, "first step, as a share of each range");
  }
};
Answer propose(const CmaEs& oracle, const Question& question);
OraclePlan plan_of(const CmaEs& oracle, const Space& space);

}  // namespace lehr
