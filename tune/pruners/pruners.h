// pruners.h: the pruners that have a name.
#pragma once

#include "tune/pruners/pruner.h"

namespace lehr {

struct PercentilePruner {
  static constexpr SpecInfo info{
      .name = "percentile",
      .class_name = "PercentilePruner",
      .summary = "stops a trial whose best so far is outside the best share of complete trials at the same epoch",
      .formula = "min over steps < percentile of the others' values at this step (min: to be minimized)"};
  double percentile = 25;
  std::int64_t n_startup_trials = 5;
  std::int64_t n_warmup_steps = 0;
  std::int64_t interval_steps = 1;
  std::int64_t n_min_trials = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("percentile", self.percentile, "of the trials that go on, 0 to 100");
    f("n_startup_trials", self.n_startup_trials, "complete trials before anything is stopped");
    f("n_warmup_steps", self.n_warmup_steps, "epochs in which nothing is stopped");
    f("interval_steps", self.interval_steps, "epochs between two looks");
    f("n_min_trials", self.n_min_trials, "values at the same epoch that a comparison needs");
  }
};

struct MedianPruner {
  static constexpr SpecInfo info{.name = "median",
                                 .class_name = "MedianPruner",
                                 .summary = "stops a trial whose best so far is worse than the median of complete trials at the same epoch",
                                 .formula = "percentile(50)"};
  std::int64_t n_startup_trials = 5;
  std::int64_t n_warmup_steps = 0;
  std::int64_t interval_steps = 1;
  std::int64_t n_min_trials = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("n_startup_trials", self.n_startup_trials, "complete trials before anything is stopped");
    f("n_warmup_steps", self.n_warmup_steps, "epochs in which nothing is stopped");
    f("interval_steps", self.interval_steps, "epochs between two looks");
    f("n_min_trials", self.n_min_trials, "values at the same epoch that a comparison needs");
  }
};

struct SuccessiveHalvingPruner {
  static constexpr SpecInfo info{.name = "successive_halving",
                                 .class_name = "SuccessiveHalvingPruner",
                                 .summary = "asynchronous successive halving: at each rung only the best share goes on",
                                 .formula = "rung k at step min_resource * reduction_factor^(min_early_stopping_rate + k)"};
  std::optional<std::int64_t> min_resource = {};
  std::int64_t reduction_factor = 4;
  std::int64_t min_early_stopping_rate = 0;
  std::int64_t bootstrap_count = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("min_resource", self.min_resource, "step of the first rung; none: a hundredth of the longest complete trial");
    f("reduction_factor", self.reduction_factor, "one in so many goes on");
    f("min_early_stopping_rate", self.min_early_stopping_rate, "rungs left out at the beginning");
    f("bootstrap_count", self.bootstrap_count, "values a rung needs before any trial passes it");
  }
};

struct PatientPruner {
  static constexpr SpecInfo info{.name = "patience",
                                 .class_name = "PatientPruner",
                                 .summary = "stops a trial that has not improved for so many epochs",
                                 .formula = "min of what was before + min_delta < min of the last patience + 1 values"};
  std::int64_t patience = 5;
  double min_delta = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("patience", self.patience, "epochs without improvement that are borne");
    f("min_delta", self.min_delta, "what counts as improvement");
  }
};

bool should_prune(const PercentilePruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize);
bool should_prune(const MedianPruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize);
bool should_prune(const SuccessiveHalvingPruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize);
bool should_prune(const PatientPruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize);

}  // namespace lehr
