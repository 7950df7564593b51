// lehr experiment: the lecture's experiments by name.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "apps/console.h"
#include "apps/experiments/experiments.h"
#include "apps/tune_flags.h"
#include "apps/version.h"
#include "tune/experiment_report.h"
#include "tune/format.h"

namespace lehr {

namespace {

struct ExperimentFlags {
  std::vector<std::string> names;
  std::string scale = "laptop";
  ExperimentOptions options;
};

void list(Console& console) {
  if (console.json) {
    JsonValue out = JsonValue::array();
    for (const auto& e : experiments())
      out.push_back(
          JsonValue::object({{"experiment", e.name}, {"section", e.section}, {"question", e.question}, {"variants", e.variants}}));
    console.out << out.text(2) << '\n';
    return;
  }
  console.out << fmt::format("{:<32} {:>13}   {}\n", "", "the lecture", "question");
  for (const auto& e : experiments())
    console.out << fmt::format("{:<32} {:>13}   {}\n", e.name,
                               std::isnan(e.lecture.test_accuracy) ? "" : percent_text(e.lecture.test_accuracy, 2), e.question);
  console.out << "\nlehr experiment show NAME tells what one does and learns; lehr experiment run NAME runs it.\n";
}

void show(Console& console, const std::string& name) {
  const Experiment& e = find_experiment(name);
  if (console.json)
    console.out << experiment_facts_json(e).text(2) << '\n';
  else
    console.out << experiment_facts(e);
}

/// All that can be wrong with the command line, before anything is read or trained.
std::vector<const Experiment*> chosen(const ExperimentFlags& flags) {
  std::vector<const Experiment*> out;
  std::vector<std::string> names;
  for (const auto& name : flags.names)
    if (name == "all")
      for (const auto& e : experiments()) names.push_back(e.name);
    else
      names.push_back(name);
  for (const auto& name : names) {
    out.push_back(&find_experiment(name));
    plan_of(*out.back(), {.scale = flags.options.scale, .variant = flags.options.variant});
  }
  return out;
}

void experiment_command(Console& console, ExperimentFlags& flags) {
  flags.options.scale = scale_from(flags.scale);
  const auto wanted = chosen(flags);
  catch_signals();
  const std::string folder = flags.options.flags.run;
  JsonValue documents = JsonValue::array();
  std::vector<ExperimentReport> done;
  for (const Experiment* e : wanted) {
    const auto renderer = console.renderer();
    flags.options.hooks = {.renderer = renderer.get(), .interrupted = interrupted, .program = program_version()};
    flags.options.say = tune_hooks(console).say;
    if (!folder.empty() && wanted.size() > 1) flags.options.flags.run = folder + "/" + e->name;
    ExperimentReport report = run_experiment(*e, flags.options);
    JsonValue document = experiment_json(*e, report);
    if (wanted.size() == 1)
      documents = std::move(document);
    else
      documents.push_back(std::move(document));
    if (!console.json && !console.quiet) console.out << experiment_text(*e, report, done);
    if (!checks_hold(report)) console.exit_code = static_cast<int>(Category::failed);
    if (report.interrupted) console.exit_code = static_cast<int>(Category::interrupted);
    done.push_back(std::move(report));
    if (done.back().interrupted) break;
  }
  if (console.json) console.out << documents.text(2) << '\n';
}

}  // namespace

void add_experiment(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("experiment", "the lecture's experiments: list, show, run");
  command->require_subcommand(1);
  auto* listing = command->add_subcommand("list", "all experiments");
  listing->add_flag("--json", console.json, "as JSON");
  listing->callback([&console] { list(console); });
  auto* showing = command->add_subcommand("show", "question, the lecture's facts, and network, data, settings and time at every scale");
  auto name = std::make_shared<std::string>();
  showing->add_option("name", *name)->required();
  showing->add_flag("--json", console.json, "as JSON");
  showing->callback([&console, name] { show(console, *name); });
  auto* running = command->add_subcommand("run", "run one, several or all");
  auto flags = std::make_shared<ExperimentFlags>();
  running->add_option("names", flags->names, "as listed, or all")->required();
  running->add_option("--scale", flags->scale, "lecture, laptop or smoke")->capture_default_str();
  running->add_option("--data", flags->options.data, "another data set");
  running->add_option("--variant", flags->options.variant, "another form of the experiment");
  running->add_option("--repeat", flags->options.repeat, "runs with the seeds SEED, SEED+1, ...; with --run DIR they lie in DIR/seed-N")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  running->add_flag("--overwrite", flags->options.flags.overwrite, "with --run: replace the run that is there");
  add_common_flags(*running, console, flags->options.flags);
  running->callback([&console, flags] { experiment_command(console, *flags); });
}

}  // namespace lehr
