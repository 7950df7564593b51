// step_summary.h: the plan of one step of a network, for `lehr summary --plan`: of training with the job's optimizer, batch size and precision
// (cross-entropy behind a softmax, else the mean squared error), or of prediction.
#pragma once

#include "layers/network.h"
#include "tune/fit_job.h"
#include "tune/plan_table.h"

namespace lehr {

PlanTable step_summary(const BuiltNetwork& network, const FitJob& job, bool predict);

}  // namespace lehr
