// open_study.h: a study made or found, and what it refuses.
#pragma once

#include <vector>

#include "tune/study/study_storage.h"
#include "tune/study/worker.h"

namespace lehr {

/// true where the objective is to grow.
std::vector<bool> directions_of(const std::vector<Objective>& objectives);
/// Error{usage} where nothing is searched, or a rule, number, oracle or pruner cannot be.
void check_pieces(const TuneJob& job, const Space& space);
/// The study, made or found; `job` gets its name and folder. Another space, other settings or other data are Error{usage}.
StudyInfo open_study(TuneJob& job, const TuneHooks& hooks, StudyStorage& storage, bool make);

}  // namespace lehr
