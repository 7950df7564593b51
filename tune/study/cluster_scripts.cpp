#include "tune/study/cluster_scripts.h"

#include <fmt/format.h>

#include "engine/json.h"
#include "kernels/error.h"
#include "tune/study/shell_word.h"

namespace lehr {

namespace {

void check_storage(const TuneJob& job) {
  if (job.storage.starts_with("sqlite"))
    throw Error({.category = Category::usage,
                 .where = "--emit",
                 .what = "an SQLite file cannot be shared by several machines",
                 .expected = "--storage postgresql://USER@HOST/DATABASE",
                 .got = job.storage});
}

}  // namespace

std::string slurm_script(const TuneJob& job, const std::string& study) {
  check_storage(job);
  return fmt::format(R"(#!/bin/bash
#SBATCH --job-name=lehr
#SBATCH --array=0-{}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@90
# Every element of the array is one worker; the study ends when its budget is spent.
export OMP_NUM_THREADS="${{SLURM_CPUS_PER_TASK:-1}}"
lehr worker --storage {} --study {} --run {} --quiet &
worker=$!
trap 'kill -USR1 "$worker"; wait "$worker"; scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"; exit 0' USR1 TERM
wait "$worker"
)",
                     job.jobs - 1, shell_word(job.storage), shell_word(study),
                     shell_word(job.folder.empty() ? "studies/" + study : job.folder));
}

std::string kubernetes_job(const TuneJob& job, const std::string& study) {
  check_storage(job);
  std::string name;
  for (const char c : study)
    name += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
  const auto text = [](const std::string& t) { return JsonValue(t).text(); };  // JSON's strings are YAML's, too
  return fmt::format(R"(apiVersion: batch/v1
kind: Job
metadata:
  name: lehr-{}
spec:
  completionMode: Indexed
  completions: {}
  parallelism: {}
  backoffLimitPerIndex: 10
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 90
      containers:
        - name: worker
          image: lehr
          command: ["lehr", "worker", "--storage", {}, "--study", {}, "--quiet"]
)",
                     name.substr(0, 50), job.jobs, job.jobs, text(job.storage), text(study));
}

}  // namespace lehr
