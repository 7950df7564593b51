// lehr auto: data in, best network and report out.
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/tune_flags.h"
#include "apps/version.h"
#include "tune/format.h"
#include "tune/quantities.h"
#include "tune/study/auto_search.h"

namespace lehr {

namespace {

struct AutoFlags {
  AutoJob job;
  std::string budget = "10min";
};

void auto_command(Console& console, AutoFlags flags) {
  catch_signals();
  flags.job.seconds = seconds_from_text(flags.budget, "--budget");
  const auto renderer = console.renderer();
  const AutoResult r =
      run_auto(flags.job, tune_hooks(console), {.renderer = renderer.get(), .interrupted = interrupted, .program = program_version()});
  if (r.interrupted) console.exit_code = static_cast<int>(Category::interrupted);
  if (console.json) {
    console.out << auto_json(r) << '\n';
    return;
  }
  if (console.quiet) return;
  if (r.command.empty()) {  // stopped in the search
    console.out << "to go on: lehr worker --storage " << flags.job.storage << " --study " << r.search.study << "\n";
    return;
  }
  console.out << "model:  " << r.outcome.summary.run << "/model.keras\nreport: " << r.outcome.summary.run << "/report.html\n"
              << "study:  " << r.search.study << ", " << r.search.trials.size() << " trials, " << duration_text(r.seconds) << " in all\n"
              << "the same again, bit for bit:\n"
              << r.command << "\n";
}

}  // namespace

void add_auto(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("auto", "data in, best network and report out");
  auto flags = std::make_shared<AutoFlags>();
  FitJob& fit = flags->job.fit;
  command->add_option("data", fit.data, "fashion_mnist, a folder, a zip, arrays(x.npy, y.npy), ...")->required();
  command->add_option("--budget", flags->budget, "time in all: 90s, 10min, 2h")->capture_default_str();
  command->add_option("--jobs", flags->job.jobs, "trials at once; the threads are shared out")->capture_default_str();
  command->add_option("--study", flags->job.study, "name of the search; one that exists goes on");
  command->add_option("--storage", flags->job.storage, "sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE")->capture_default_str();
  command->add_option("--validation-split", fit.validation_split, "share of the training rows to validate on; 0.2 where nothing is there");
  command->add_option("--image-size", fit.image_size, "HEIGHTxWIDTH");
  command->add_option("--color", fit.color, "rgb or gray");
  command->add_option("--memory", fit.memory, "stream data sets larger than this");
  command->add_option("--evaluate-on", fit.evaluate_on, "data to evaluate on at the end");
  command->add_flag("--overwrite", fit.overwrite, "replace the run in --run");
  add_common_flags(*command, console, fit);
  command->callback([&console, flags] { auto_command(console, *flags); });
}

}  // namespace lehr
