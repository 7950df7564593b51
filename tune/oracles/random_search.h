// random_search.h: uniform over every value's positions, never the same point twice while there are others.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct RandomSearch {
  static constexpr SpecInfo info{.name = "random",
                                 .class_name = "RandomSearch",
                                 .summary = "random points, without replacement where the space is finite",
                                 .formula = "each value: at(u), u uniform in [0, 1)"};
  std::int64_t trials = 10;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("trials", self.trials, "how many");
  }
};
Answer propose(const RandomSearch& oracle, const Question& question);
OraclePlan plan_of(const RandomSearch& oracle, const Space& space);

struct GridSearch {
  static constexpr SpecInfo info{.name = "grid",
                                 .class_name = "GridSearch",
                                 .summary = "every point once; ten values stand for a continuum",
                                 .formula = "defaults first, the last value moves fastest, as KerasTuner's"};
  std::optional<std::int64_t> trials = {};
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("trials", self.trials, "stop after so many; none: all");
  }
};
Answer propose(const GridSearch& oracle, const Question& question);
OraclePlan plan_of(const GridSearch& oracle, const Space& space);

}  // namespace lehr
