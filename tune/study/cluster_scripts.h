// cluster_scripts.h: what launches the workers of a study where many machines are: Slurm and Kubernetes start them, the database holds them together.
#pragma once

#include <string>

#include "tune/study/tune_job.h"

namespace lehr {

/// A job array of `job.jobs` workers. A worker that is pre-empted (SIGUSR1 90 seconds before) saves its trial, hands it back and is queued again.
std::string slurm_script(const TuneJob& job, const std::string& study);
/// An indexed Job of `job.jobs` completions at once.
std::string kubernetes_job(const TuneJob& job, const std::string& study);

}  // namespace lehr
