// lehr runs: what lies under runs/, side by side.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/json.h"
#include "tune/plot/curves.h"
#include "tune/report/run_report.h"
#include "tune/run_folder.h"

namespace lehr {

namespace {

std::vector<std::string> all_runs() {
  std::vector<std::string> names;
  if (std::filesystem::is_directory("runs"))
    for (const auto& entry : std::filesystem::directory_iterator("runs"))
      if (RunFolder::holds_run(entry.path())) names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  return names;
}

JsonValue json_of(const RunCriteria& c) {
  return JsonValue::object({{"run", c.run},
                            {"epochs", c.epochs},
                            {"best_val_loss", c.val_loss},
                            {"best_val_accuracy", c.val_accuracy},
                            {"parameters", c.parameters},
                            {"flops", c.flops},
                            {"seconds", c.seconds},
                            {"latency_s", c.latency_s},
                            {"memory_bytes", c.memory},
                            {"weight_bytes", c.bytes},
                            {"unbeaten", c.unbeaten}});
}

void print(Console& console, std::vector<RunCriteria> runs) {
  mark_unbeaten(runs);
  if (console.json) {
    JsonValue out = JsonValue::array();
    for (const auto& run : runs) out.push_back(json_of(run));
    console.out << out.text(2) << '\n';
  } else if (runs.empty()) {
    console.out << "there are no runs under runs/\n";
  } else {
    console.out << criteria_table(runs) << "* no other run on the same data is at least as good on every criterion and better on one\n";
  }
}

/// By what each left in its folder: no model and no data is loaded.
void list(Console& console) {
  std::vector<RunCriteria> runs;
  for (const auto& name : all_runs()) {
    const RunFolder folder = RunFolder::open(name);
    const auto there = [&](const char* file) { return std::filesystem::exists(folder.file(file)); };
    runs.push_back(criteria_of(folder.path().filename().string(), there("history.csv") ? folder.read_history() : History{}));
    runs.back().data = job_from_config(folder.file("config.toml").string()).data;
    if (there(criteria_file)) add_written_criteria(runs.back(), folder.read(criteria_file), folder.file(criteria_file).string());
  }
  print(console, std::move(runs));
}

void compare(Console& console, const std::vector<std::string>& names, const std::string& picture, const FitJob& flags) {
  std::vector<RunCriteria> criteria;
  std::vector<std::pair<std::string, History>> histories;
  for (const auto& name : names) {
    RunReport run = collect_report(run_path(name), flags, false);
    if (!run.missing.empty()) console.err << run.name << ": " << run.missing << '\n';
    criteria.push_back(run.criteria);
    if (run.history.epochs() > 0) histories.emplace_back(run.name, std::move(run.history));
  }
  if (!picture.empty()) plot::write_figure(plot::overlay(histories, ""), picture, "");
  print(console, std::move(criteria));
}

}  // namespace

void add_runs(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("runs", "list runs, or compare some");
  command->require_subcommand(1);
  auto* listing = command->add_subcommand("list", "all runs under runs/, by their histories");
  listing->add_flag("--json", console.json, "as JSON");
  listing->callback([&console] { list(console); });
  auto* comparing = command->add_subcommand("compare", "several runs by what they reach and cost, and one picture");
  auto names = std::make_shared<std::vector<std::string>>();
  auto picture = std::make_shared<std::string>();
  comparing->add_option("runs", *names, "folders, or names under runs/")->required();
  comparing->add_option("--picture", *picture, "write the curves over each other to this .svg");
  auto flags = std::make_shared<FitJob>();
  add_common_flags(*comparing, console, *flags);
  comparing->callback([&console, names, picture, flags] { compare(console, *names, *picture, *flags); });
}

}  // namespace lehr
