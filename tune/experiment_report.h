// experiment_report.h: what is said of an experiment: before it runs, and of its result beside the lecture's.
#pragma once

#include <span>
#include <string>

#include "engine/json.h"
#include "tune/experiment.h"

namespace lehr {

/// Question, what the lecture did and got, and for each scale network, data, settings and time.
std::string experiment_facts(const Experiment& experiment);
JsonValue experiment_facts_json(const Experiment& experiment);

/// The document of `experiment run --json`. Means and standard errors (sd / sqrt(n); null for one run) over the runs.
JsonValue experiment_json(const Experiment& experiment, const ExperimentReport& report);
/// Ours beside the lecture's, the verdict explained, the traps that our run shows too, what one learns.
std::string experiment_text(const Experiment& experiment, const ExperimentReport& report, std::span<const ExperimentReport> others = {});

}  // namespace lehr
