// experiment_search.h: the experiments that search before they train: what is run, and what is said of it.
#pragma once

#include <string>

#include "tune/experiment.h"

namespace lehr {

/// Epochs that the plan's search trains, folds and executions counted.
double search_epochs(const ExperimentPlan& plan);
/// `hyperband(10, 3) over units:int(32, 512, step=32), ...: 30 trials, 120 epochs`.
std::string search_text(const ExperimentPlan& plan);

/// Searches, and puts the best trial's values into `job`. The study lies in --run, else under runs/.
ExperimentSearchResult run_search(const ExperimentPlan& plan, FitJob& job, const ExperimentOptions& options, const DataSplits& data);

/// The best trials, folds, importance, the three numbers of a finalized study, the untuned network: what there is of them.
std::string search_result_text(const Experiment& experiment, const ExperimentPlan& plan, const ExperimentSearchResult& result);
JsonValue search_result_json(const ExperimentSearchResult& result);

ExperimentRun run_of(const FitOutcome& outcome, std::uint64_t seed);

}  // namespace lehr
