// hyperband.h: Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband (JMLR 2018), with KerasTuner's bracket plan and promotions.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct Hyperband {
  static constexpr SpecInfo info{
      .name = "hyperband",
      .class_name = "Hyperband",
      .summary = "many short trainings, the best of each round go on: brackets of KerasTuner",
      .formula = "size(b, r) = ceil(ceil(1 + log_f(max)) / (b + 1) * f^(b - r)), epochs(b, r) = ceil(max / f^(b - r))"};
  std::int64_t max_epochs = 100;
  double factor = 3;
  std::int64_t hyperband_iterations = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("max_epochs", self.max_epochs, "epochs of the trials that survive every round");
    f("factor", self.factor, "one in so many goes on; 2 or more");
    f("hyperband_iterations", self.hyperband_iterations, "how often the whole plan is run");
  }
};
Answer propose(const Hyperband& oracle, const Question& question);
OraclePlan plan_of(const Hyperband& oracle, const Space& space);

/// The plan of one iteration, from the bracket with the most rounds to bracket 0.
std::vector<PlannedRound> hyperband_rounds(std::int64_t max_epochs, double factor);

/// Chooses the values of a trial that starts a bracket.
using FirstValues = std::function<std::optional<Values>(const Question&)>;
Answer propose_in_brackets(const std::vector<PlannedRound>& rounds, const Question& question, const FirstValues& first);

/// Bayesian optimization and Hyperband (Falkner, Klein, Hutter, ICML 2018): Hyperband's brackets, their first trials by TPE on the longest
/// trainings of which there are enough.
struct Bohb {
  static constexpr SpecInfo info{.name = "bohb",
                                 .class_name = "BOHB",
                                 .summary = "hyperband whose first trials come from TPE instead of chance",
                                 .formula = "one in three at random; else TPE over the longest epochs with at least dims + 2 results"};
  std::int64_t max_epochs = 100;
  double factor = 3;
  std::int64_t hyperband_iterations = 1;
  double random_fraction = 1.0 / 3.0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("max_epochs", self.max_epochs, "epochs of the trials that survive every round");
    f("factor", self.factor, "one in so many goes on; 2 or more");
    f("hyperband_iterations", self.hyperband_iterations, "how often the whole plan is run");
    f("random_fraction", self.random_fraction, "of the first trials that stay random");
  }
};
Answer propose(const Bohb& oracle, const Question& question);
OraclePlan plan_of(const Bohb& oracle, const Space& space);

}  // namespace lehr
