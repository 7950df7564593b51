// lehr experiment: the lecture's experiments by name.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/experiments/experiments.h"
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
  for (const auto& e : experiments()) console.out << fmt::format("{:<32} {}\n", e.name, e.question);
}

void show(Console& console, const std::string& name) {
  const Experiment& e = find_experiment(name);
  console.out << e.name << " (section " << e.section << ")\n  " << e.question << "\n";
  if (!std::isnan(e.lecture.test_accuracy))
    console.out << "  the lecture: " << percent_text(e.lecture.test_accuracy, 2) << " test accuracy in " << e.lecture.time << "\n";
  for (const auto scale : {Scale::lecture, Scale::laptop, Scale::smoke}) {
    const FitJob job = e.job(e, scale, "");
    console.out << fmt::format("  {:<8} {}\n           data {}, {} epochs, batches of {}, {}{}\n", name_of(scale), job.model, job.data,
                               job.epochs, job.batch_size, job.optimizer,
                               job.learning_rate.empty() ? "" : ", learning rate " + job.learning_rate);
  }
}

void run(Console& console, ExperimentFlags& flags) {
  flags.options.scale = scale_from(flags.scale);
  catch_signals();
  std::vector<JsonValue> documents;
  for (const auto& name : flags.names) {
    const Experiment& e = find_experiment(name);
    const auto renderer = console.renderer();
    flags.options.hooks = {.renderer = renderer.get(), .interrupted = interrupted};
    const FitJob job = e.job(e, flags.options.scale, flags.options.variant);
    if (flags.options.scale == Scale::laptop && e.learning_rate > 0 && !job.learning_rate.empty())
      renderer->on_message(fmt::format("{}: the lecture's rate {} times 10 = {}, since this network starts from random weights", e.name,
                                       repr(e.learning_rate), job.learning_rate));
    const ExperimentReport report = run_experiment(e, flags.options);
    documents.push_back(experiment_json(report));
    if (!console.json && !console.quiet) console.out << experiment_text(e, report);
    if (report.interrupted) {
      console.exit_code = static_cast<int>(Category::interrupted);
      break;
    }
  }
  if (console.json) console.out << (documents.size() == 1 ? documents[0] : JsonValue::array(documents)).text(2) << '\n';
}

}  // namespace

void add_experiment(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("experiment", "the lecture's experiments: list, show, run");
  command->require_subcommand(1);
  auto* listing = command->add_subcommand("list", "all experiments");
  listing->add_flag("--json", console.json, "as JSON");
  listing->callback([&console] { list(console); });
  auto* showing = command->add_subcommand("show", "question and settings of one");
  auto name = std::make_shared<std::string>();
  showing->add_option("name", *name)->required();
  showing->callback([&console, name] { show(console, *name); });
  auto* running = command->add_subcommand("run", "run one or several");
  auto flags = std::make_shared<ExperimentFlags>();
  running->add_option("names", flags->names, "as listed")->required();
  running->add_option("--scale", flags->scale, "lecture, laptop or smoke")->capture_default_str();
  running->add_option("--data", flags->options.data, "another data set");
  running->add_option("--variant", flags->options.variant, "another form of the experiment");
  running->add_option("--repeat", flags->options.repeat, "seeds")->capture_default_str()->check(CLI::PositiveNumber);
  add_common_flags(*running, console, flags->options.flags);
  running->callback([&console, flags] { run(console, *flags); });
}

}  // namespace lehr
