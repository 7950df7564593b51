// population_based.h: Jaderberg et al., Population Based Training of Neural Networks (2017): the worst quarter goes on with the weights of one
// of the best quarter and with its values, shaken. Values of the network itself stay with the weights.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct PopulationBased {
  static constexpr SpecInfo info{
      .name = "pbt",
      .class_name = "PopulationBasedTraining",
      .summary = "a population trains side by side; the worst take over the weights and shaken values of the best",
      .formula = "numbers * 0.8 or * 1.2, or drawn anew; every `interval` epochs"};
  std::int64_t population = 8;
  std::int64_t interval = 1;
  std::int64_t max_epochs = 10;
  double quantile = 0.25;
  double resample_probability = 0.25;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("population", self.population, "members");
    f("interval", self.interval, "epochs between two exchanges");
    f("max_epochs", self.max_epochs, "epochs of every member");
    f("quantile", self.quantile, "share that is replaced, and share it is replaced by");
    f("resample_probability", self.resample_probability, "of a value to be drawn anew instead of shaken");
  }
};
Answer propose(const PopulationBased& oracle, const Question& question);
OraclePlan plan_of(const PopulationBased& oracle, const Space& space);

}  // namespace lehr
