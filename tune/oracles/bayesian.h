// bayesian.h: Gaussian-process Bayesian optimization.
#pragma once

#include "tune/oracles/gaussian_process.h"
#include "tune/oracles/oracle.h"

namespace lehr {

/// ei: expected improvement (its logarithm); ucb and lcb: mean minus beta deviations of what is minimized, KerasTuner's choice.
enum class Acquisition : std::uint8_t { ei, ucb, lcb };
template <>
struct SpecEnum<Acquisition> {
  static constexpr std::pair<std::string_view, Acquisition> names[] = {
      {"ei", Acquisition::ei}, {"ucb", Acquisition::ucb}, {"lcb", Acquisition::lcb}};
};

struct Bayesian {
  static constexpr SpecInfo info{.name = "bayesian",
                                 .class_name = "BayesianOptimization",
                                 .summary = "a Gaussian process (ARD Matern 5/2) says where the next trial promises most",
                                 .formula = "ei: argmax log E[max(best - f, 0)]; ucb, lcb: argmin mean - beta * deviation"};
  std::int64_t trials = 30;
  std::optional<std::int64_t> num_initial_points = {};
  Acquisition acquisition = Acquisition::ei;
  double beta = 2.6;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("trials", self.trials, "how many");
    f("num_initial_points", self.num_initial_points,
      "random ones first, spread as a Latin hypercube; none: 3 for each value searched, at most 10");
    f("acquisition", self.acquisition, "what promises most");
    f("beta", self.beta, "deviations that ucb and lcb hope for");
  }
};
Answer propose(const Bayesian& oracle, const Question& question);
OraclePlan plan_of(const Bayesian& oracle, const Space& space);

/// A point as the process sees it: positions, categories by index, absent values at their default.
std::vector<double> encoded(const Space& space, const Values& values);
std::vector<bool> categorical_columns(const Space& space);
/// The larger the better, of a process that predicts losses.
double acquisition_value(Acquisition acquisition, double beta, double best, const GaussianProcess::Prediction& p);

}  // namespace lehr
