// console.h: what every subcommand shares: the flags that mean the same everywhere, streams, and how to print.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "tune/fit_job.h"
#include "tune/renderer.h"

namespace CLI {
class App;
}

namespace lehr {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool json = false, quiet = false, yes = false;
  bool version = false;                        ///< what the program is made of, instead of a subcommand
  int exit_code = 0;                           ///< set by a command that did its work with an outcome that is no success
  std::unique_ptr<Renderer> renderer() const;  ///< bar on a terminal, lines in a pipe, on stderr under --json
};

/// Set by SIGINT and SIGTERM; a second one ends the program at once.
bool interrupted();
void catch_signals();

/// --device --precision --threads --seed --run --data-dir, into the job; --json --quiet --yes into the console.
void add_common_flags(CLI::App& command, Console& console, FitJob& job);

void add_version_flag(CLI::App& app, Console& console);

// One function a subcommand, each in apps/commands/<name>.cpp: options in, one library call, print.
void add_fit(CLI::App& app, Console& console);
void add_evaluate(CLI::App& app, Console& console);
void add_predict(CLI::App& app, Console& console);
void add_summary(CLI::App& app, Console& console);
void add_devices(CLI::App& app, Console& console);
void add_help(CLI::App& app, Console& console);
void add_runs(CLI::App& app, Console& console);
void add_replay(CLI::App& app, Console& console);
void add_report(CLI::App& app, Console& console);
void add_data(CLI::App& app, Console& console);
void add_weights(CLI::App& app, Console& console);
void add_bench(CLI::App& app, Console& console);
void add_experiment(CLI::App& app, Console& console);
void add_schedule(CLI::App& app, Console& console);
void add_find_lr(CLI::App& app, Console& console);
void add_demo(CLI::App& app, Console& console);
void add_tune(CLI::App& app, Console& console);
void add_worker(CLI::App& app, Console& console);
void add_cross_validate(CLI::App& app, Console& console);
void add_auto(CLI::App& app, Console& console);

}  // namespace lehr
