// killed_run.h: a fit job in a process of its own that is killed on purpose and gone on with: does it end as the run that nobody disturbed?
#pragma once

#include <string>

#include "tune/fit_job.h"

namespace lehr {

struct KilledRun {
  std::string run = {};           ///< its folder
  bool killed = false;            ///< false: it was through before it could be
  std::int64_t after_epochs = 0;  ///< epochs on disk when it was killed
  std::int64_t epochs = 0;        ///< at its end, after going on
  std::int64_t equal_epochs = 0;  ///< of these as many, from the first on, have every number of the undisturbed run
  bool holds() const { return killed && equal_epochs == epochs; }
};

/// Repeats `job`, which ended as `whole` in job.run, in job.run/killed: `program fit` in another process, killed by SIGKILL in the middle of
/// an epoch once `after_epochs` are on disk; then goes on for two more here and compares each number of each epoch, bit for bit.
KilledRun kill_and_resume(const FitJob& job, const History& whole, const std::string& program, std::int64_t after_epochs,
                          const FitJobHooks& hooks);

}  // namespace lehr
