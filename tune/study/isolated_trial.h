// isolated_trial.h: --isolate: a trial in a process of its own, so that a crash costs one trial.
#pragma once

#include <string>

#include "tune/study/study_storage.h"
#include "tune/study/tune_job.h"

namespace lehr {

/// Hands the claimed trial back and starts `program worker --own-trials 1`, which takes up one trial; waits for it. A trial whose process was
/// killed by a signal ends as failed with the signal's number.
void run_isolated_trial(const std::string& program, const TuneJob& job, const StudyInfo& study, StudyStorage& storage, Claimed& claimed);

}  // namespace lehr
