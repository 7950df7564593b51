// baseline_score.h: a baseline in the place of a fit job's model: the same rows, the same inputs, the same numbers at the end.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tune/baselines/baseline.h"
#include "tune/fit_job.h"

namespace lehr {

struct BaselineScore {
  Evaluation evaluation = {};  ///< loss and metrics of the rows held out; a probability of 0 counts as 1e-7, as in Keras
  std::int64_t parameters = 0;
  double seconds = 0;
};

/// Learns from `train` what a model would learn, scales as the job says, and is asked about `held_out`. What belongs to training steps
/// (epochs, batches, optimizer, callbacks) means nothing here. Error{usage} for labels that are no classes, streamed rows, and metrics of a network.
BaselineScore score_baseline(const Baseline& baseline, const FitJob& job, const Dataset& train, const Dataset& held_out);
/// What `score_baseline` would report. Error{usage} for what it cannot.
std::vector<std::string> baseline_metrics(const FitJob& job, const Dataset& train);

}  // namespace lehr
