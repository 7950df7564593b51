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

/// What a resumed run goes on with other than it began; more epochs and another place to compute are what --resume is for.
void tell_of_changes(const FitJob& began, const FitJob& now, Console& console) {
  const auto before = job_settings(began), after = job_settings(now);
  const auto text = [](const std::vector<std::string>& values) {
    std::string out;
    for (const auto& value : values) out += (out.empty() ? "" : ", ") + value;
    return out.empty() ? std::string("nothing") : out;
  };
  for (const auto& [flag, values] : after) {
    if (flag == "epochs" || flag == "threads" || flag == "device" || flag == "data-dir" || flag == "memory") continue;
    const auto at = std::find_if(before.begin(), before.end(), [&, name = flag](const auto& b) { return b.first == name; });
    const std::vector<std::string> was = at == before.end() ? std::vector<std::string>{} : at->second;
    if (was != values)
      console.err << "warning: --" << flag << " is " << text(values) << " from here on, and was " << text(was)
                  << ": not what an unbroken run would have done\n";
  }
}

// Flags given on the command line win over the file's: the file is read first, then the command line again on top of it.
void apply_config(CLI::App& command, FitFlags& flags, Console& console) {
  if (flags.config.empty() && flags.resume.empty()) return;
  const FitJob given = flags.job;
  FitJob job = job_from_config(flags.resume.empty() ? flags.config : run_path(flags.resume) + "/config.toml");
  const FitJob began = job;
  keep_given_flags(command, given, job);
  if (!flags.resume.empty() && !console.quiet) tell_of_changes(began, job, console);
  if (!flags.resume.empty()) {
    job.run = run_path(flags.resume);
    job.resume = true;
  }
  flags.job = job;
}

/// terminate_on_nan ended it. The history of a resumed run may tell of an earlier time.
bool diverged(const FitOutcome& run) {
  return run.summary.stopped && std::any_of(run.history.events.begin(), run.history.events.end(),
                                            [&](const Event& e) { return e.kind == "diverged" && e.epoch == run.summary.stopped->epoch; });
}

void train_command(CLI::App& command, Console& console, FitFlags& flags) {
  apply_config(command, flags, console);
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
    if (diverged(outcome)) console.exit_code = static_cast<int>(Category::failed);
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
