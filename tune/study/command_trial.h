// command_trial.h: a trial that is any program: its values go in as JSON, a line of JSON comes out.
#pragma once

#include "tune/study/trial_fit.h"

namespace lehr {

/// `{params}` in the command becomes the values as one quoted JSON argument; `{fold}` and `{folds}` the fold's number and how many there are.
/// A line {"step": 3, "value": 0.5} reports and may end in the program being stopped (SIGTERM); the last line holds the result under the
/// objectives' names, or "value". A status other than 0 is a failed trial with the end of its stderr as the reason.
TrialResult run_command_trial(const std::string& command, const JsonValue& params, const TrialRequest& request, const TrialWatch& watch);

}  // namespace lehr
