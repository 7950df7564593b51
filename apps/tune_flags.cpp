#include "apps/tune_flags.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "tune/format.h"
#include "tune/quantities.h"
#include "tune/terminal.h"

namespace lehr {

void add_searched_fit_flags(CLI::App& command, TuneFlags& flags) {
  // The names and words are fit's own; only the types differ.
  CLI::App fit;
  FitJob unused;
  Console quiet{.out = std::cout, .err = std::cerr};
  add_common_flags(fit, quiet, unused);
  add_fit_flags(fit, unused);
  for (const CLI::Option* option : fit.get_options()) {
    if (option->get_lnames().empty()) continue;
    const std::string& name = option->get_lnames()[0];
    constexpr std::array process{"help", "json", "quiet", "yes", "run", "overwrite", "resume"};
    if (std::find(process.begin(), process.end(), name) != process.end()) continue;
    repeatable(command.add_option("--" + name, flags.fit[name], option->get_description()));
  }
  command.add_flag_callback("--no-shuffle", [&flags] { flags.fit["shuffle"] = {"false"}; }, "the rows in their order");
}

void add_search_flags(CLI::App& c, TuneFlags& flags) {
  TuneJob& job = flags.job;
  repeatable(c.add_option("--objective", job.objectives, "val_loss, val_accuracy, seconds, parameters, max:NAME ...; repeatable"));
  c.add_option("--oracle", job.oracle, "random(trials=20), hyperband(10, 3), tpe, bayesian, ...; lehr help oracles")->capture_default_str();
  c.add_option("--pruner", job.pruner, "median, percentile(25), successive_halving, patience(5)");
  c.add_option("--trials", job.trials, "at most so many");
  c.add_option("--epochs-budget", job.epochs_budget, "begin no trial after so many epochs in all");
  c.add_option("--budget", flags.budget, "time: 90s, 10min, 2h");
  c.add_option("--disk", flags.disk, "of checkpoints: 500MB, 5GB");
  c.add_option("--folds", job.folds, "score by the mean of so many folds");
  c.add_flag("--stratified", job.stratified, "every class spread evenly over the folds");
  c.add_option("--executions-per-trial", job.executions_per_trial, "seeds a trial, averaged")->capture_default_str();
  c.add_option("--score", job.score, "best or last epoch")->capture_default_str();
  c.add_option("--command", job.command, "a program instead of a model: 'python3 train.py {params}'");
  c.add_option("--study", job.study, "its name; one that exists goes on");
  c.add_flag("--new", job.fresh, "another study where the name is taken");
  c.add_option("--storage", job.storage, "sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE")->capture_default_str();
  c.add_option("--jobs", job.jobs, "trials at once; the threads are shared out")->capture_default_str();
  c.add_flag("--isolate", job.isolate, "each trial in a process of its own");
  c.add_option("--run", job.folder, "folder of checkpoints; default: studies/<name>");
  c.add_option("--lease", job.lease_seconds, "seconds without a sign of life until a trial is taken up by others")->capture_default_str();
  c.add_option("--emit", flags.emit, "slurm or kubernetes: make the study, print what runs --jobs workers of it")
      ->check(CLI::IsMember({"slurm", "kubernetes"}));
}

void add_output_flags(CLI::App& c, Console& console) {
  c.add_flag("--json", console.json, "one JSON document on stdout, progress on stderr");
  c.add_flag("--quiet", console.quiet, "nothing but errors");
  c.add_flag("--yes", console.yes, "ask nothing");
}

TuneJob job_from_flags(const TuneFlags& flags) {
  TuneJob job = flags.job;
  for (const auto& [name, values] : flags.fit)
    if (!values.empty()) job.settings.push_back({.flag = name, .values = values});
  if (!flags.budget.empty()) job.seconds_budget = seconds_from_text(flags.budget, "--budget");
  if (!flags.disk.empty()) job.disk_budget = bytes_from_text(flags.disk, "--disk");
  if (const auto seed = flags.fit.find("seed"); seed != flags.fit.end() && !seed->second.empty()) job.seed = std::stoull(seed->second[0]);
  return job;
}

namespace {

/// Lines scroll, the board stands under them: it is taken away before the next line and drawn again after it.
class BoardBelow {
 public:
  BoardBelow(std::ostream& out, int columns) : out_(out), columns_(static_cast<std::size_t>(std::max(columns, 20))) {}
  void line(const std::string& text) {
    erase();
    out_ << text << (text.ends_with('\n') ? "" : "\n") << std::flush;
  }
  void board(const std::string& text) {
    erase();
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = text.find('\n', begin);
      out_ << text.substr(begin, std::min(end - begin, columns_ - 1)) << '\n';  // a wrapped line would be two to erase
      begin = end + 1;
      ++lines_;
    }
    out_ << std::flush;
  }

 private:
  void erase() {
    if (lines_ > 0) out_ << "\x1b[" << lines_ << "A\x1b[J";
    lines_ = 0;
  }
  std::ostream& out_;
  std::size_t columns_;
  int lines_ = 0;
};

}  // namespace

TuneHooks tune_hooks(Console& console) {
  TuneHooks hooks{.interrupted = interrupted};
  std::array<char, 4096> path{};
  if (const auto n = readlink("/proc/self/exe", path.data(), path.size() - 1); n > 0) hooks.program = path.data();
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  if (!console.quiet && !console.json && terminal.interactive) {
    const auto below = std::make_shared<BoardBelow>(console.out, terminal.width);
    hooks.say = [below](const std::string& line) { below->line(line); };
    hooks.board = [below](const std::string& text) { below->board(text); };
    return hooks;
  }
  if (!console.quiet)
    hooks.say = [&console](const std::string& line) {
      auto& out = console.json ? console.err : console.out;
      out << line << (line.ends_with('\n') ? "" : "\n") << std::flush;
    };
  return hooks;
}

void print_tune_result(Console& console, const TuneResult& r, const TuneJob& job) {
  if (r.interrupted) console.exit_code = static_cast<int>(Category::interrupted);
  if (!r.interrupted && r.best == nullptr) console.exit_code = static_cast<int>(Category::failed);
  if (console.json) {
    console.out << tune_json(r) << '\n';
    return;
  }
  if (console.quiet) return;
  console.out << "\n"
              << (r.why.empty() ? "nothing left to do" : r.why) << ": " << r.trials.size() << " trials, " << r.epochs_run << " epochs, "
              << duration_text(r.seconds) << "\n";
  if (r.best != nullptr) {
    console.out << "best: trial " << r.best->number + 1 << ", " << r.objectives[0].name << " " << metric_text(r.best->values[0]) << ", "
                << r.space.label(r.best->params) << "\n";
    if (job.command.empty()) console.out << fit_command(job, r.space, *r.best) << "\n";
  } else {
    console.out << "no trial ended well\n";
  }
  if (r.interrupted) console.out << "to go on: lehr worker --storage " << job.storage << " --study " << r.study << "\n";
}

}  // namespace lehr
