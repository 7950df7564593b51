// lehr worker: one more process for a study.
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/tune_flags.h"

namespace lehr {

void add_worker(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("worker", "one more process for a study, on this or another machine");
  auto flags = std::make_shared<TuneFlags>();
  TuneJob& job = flags->job;
  command->add_option("--storage", job.storage, "sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE")->capture_default_str();
  command->add_option("--study", job.study, "its name")->required();
  command->add_option("--jobs", job.jobs, "trials at once; the threads are shared out")->capture_default_str();
  command->add_option("--run", job.folder, "folder of checkpoints; default: studies/<name>");
  command->add_option("--threads", flags->fit["threads"], "CPU threads of this process");
  command->add_option("--data-dir", flags->fit["data-dir"], "where data sets are looked for first");
  command->add_option("--own-trials", job.own_trials, "leave after so many");
  command->add_option("--lease", job.lease_seconds, "seconds without a sign of life until a trial is taken up by others")
      ->capture_default_str();
  command->add_flag("--isolate", job.isolate, "each trial in a process of its own");
  add_output_flags(*command, console);
  command->callback([&console, flags] {
    catch_signals();
    const TuneJob job = job_from_flags(*flags);
    const TuneResult result = run_worker(job, tune_hooks(console));
    print_tune_result(console, result, stored_job(job.storage, job.study));
  });
}

}  // namespace lehr
