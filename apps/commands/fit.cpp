// lehr fit: train.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "apps/version.h"

namespace lehr {

namespace {

struct FitFlags {
  FitJob job;
  std::string config, resume;
  std::int64_t repeat = 1;
};

// Flags given on the command line win over the file's: the file is read first, then the command line again on top of it.
void apply_config(CLI::App& command, FitFlags& flags) {
  if (flags.config.empty() && flags.resume.empty()) return;
  const FitJob given = flags.job;
  FitJob job = job_from_config(flags.resume.empty() ? flags.config : run_path(flags.resume) + "/config.toml");
  keep_given_flags(command, given, job);
  if (!flags.resume.empty()) {
    job.run = run_path(flags.resume);
    job.resume = true;
  }
  flags.job = job;
}

/// terminate_on_nan ended it.
bool diverged(const History& history) {
  return std::any_of(history.events.begin(), history.events.end(), [](const Event& e) { return e.kind == "diverged"; });
}

void train_command(CLI::App& command, Console& console, FitFlags& flags) {
  apply_config(command, flags);
  if (flags.job.model.empty() || flags.job.data.empty())
    throw Error({.category = Category::usage,
                 .where = flags.job.model.empty() ? "--model" : "--data",
                 .what = "is needed",
                 .expected = "--model SPEC --data SPEC",
                 .hint = "For example: lehr fit --model 'flatten | dense(10, softmax)' --data digits"});
  check_job(flags.job);
  catch_signals();
  std::vector<std::string> documents;
  const std::uint64_t first = flags.job.seed;
  for (std::int64_t k = 0; k < flags.repeat; ++k) {
    FitJob job = flags.job;
    job.seed = first + static_cast<std::uint64_t>(k);
    if (flags.repeat > 1 && !job.run.empty()) job.run += "-seed" + std::to_string(job.seed);
    const auto renderer = console.renderer();
    const FitOutcome outcome = run_fit_job(job, {.renderer = renderer.get(), .interrupted = interrupted, .program = program_version()});
    documents.push_back(fit_json(outcome.summary, outcome.history));
    if (!console.json && !console.quiet && outcome.confusion)
      console.out << report_table(class_report(*outcome.confusion, outcome.class_names), 8);
    if (diverged(outcome.history)) console.exit_code = static_cast<int>(Category::failed);
    if (outcome.interrupted) console.exit_code = static_cast<int>(Category::interrupted);
    if (outcome.interrupted) break;
  }
  if (!console.json) return;
  if (documents.size() == 1) {
    console.out << documents[0] << '\n';
    return;
  }
  console.out << '[';
  for (std::size_t i = 0; i < documents.size(); ++i) console.out << (i == 0 ? "" : ",\n") << documents[i];
  console.out << "]\n";
}

}  // namespace

void add_fit(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("fit", "train a network");
  auto flags = std::make_shared<FitFlags>();
  add_common_flags(*command, console, flags->job);
  add_fit_flags(*command, flags->job);
  command->add_option("--config", flags->config, "settings from a TOML file; a flag wins over it");
  command->add_option("--resume", flags->resume, "go on with an interrupted run");
  command->add_option("--repeat", flags->repeat, "train with this many seeds")->capture_default_str()->check(CLI::PositiveNumber);
  command->callback([command, &console, flags] { train_command(*command, console, *flags); });
}

}  // namespace lehr
