// lehr runs: what lies under runs/, side by side.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "engine/json.h"
#include "tune/format.h"
#include "tune/plot/curves.h"
#include "tune/run_folder.h"

namespace lehr {

namespace {

struct Row {
  std::string name;
  History history;
};

std::vector<Row> read_runs(const std::vector<std::string>& names) {
  std::vector<Row> rows;
  for (const auto& name : names) {
    const RunFolder folder = RunFolder::open(run_path(name));
    rows.push_back({.name = folder.path().filename().string(),
                    .history = std::filesystem::exists(folder.file("history.csv")) ? folder.read_history() : History{}});
  }
  return rows;
}

std::vector<std::string> all_runs() {
  std::vector<std::string> names;
  if (std::filesystem::is_directory("runs"))
    for (const auto& entry : std::filesystem::directory_iterator("runs"))
      if (RunFolder::holds_run(entry.path())) names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  return names;
}

double best_of(const History& h, const char* name, bool maximize) {
  const auto row = h.best(name, maximize);
  return row ? h.at(name, *row) : std::numeric_limits<double>::quiet_NaN();
}

void print(Console& console, const std::vector<Row>& rows) {
  if (console.json) {
    JsonValue out = JsonValue::array();
    for (const auto& r : rows)
      out.push_back(JsonValue::object({{"run", r.name},
                                       {"epochs", r.history.epochs()},
                                       {"best_val_loss", best_of(r.history, "val_loss", false)},
                                       {"best_val_accuracy", best_of(r.history, "val_accuracy", true)}}));
    console.out << out.text(2) << '\n';
    return;
  }
  if (rows.empty()) console.out << "there are no runs under runs/\n";
  for (const auto& r : rows)
    console.out << fmt::format("{:<48} {:>4} epochs  best val_loss {}  best val_accuracy {}\n", r.name, r.history.epochs(),
                               metric_text(best_of(r.history, "val_loss", false)), metric_text(best_of(r.history, "val_accuracy", true)));
}

}  // namespace

void add_runs(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("runs", "list runs, or compare some");
  command->require_subcommand(1);
  auto* list = command->add_subcommand("list", "all runs under runs/");
  list->add_flag("--json", console.json, "as JSON");
  list->callback([&console] { print(console, read_runs(all_runs())); });
  auto* compare = command->add_subcommand("compare", "several runs side by side, and one picture");
  auto names = std::make_shared<std::vector<std::string>>();
  auto picture = std::make_shared<std::string>();
  compare->add_option("runs", *names, "folders, or names under runs/")->required();
  compare->add_option("--picture", *picture, "write the curves over each other to this .svg");
  compare->add_flag("--json", console.json, "as JSON");
  compare->callback([&console, names, picture] { print(console, read_runs(*names)); });
}

}  // namespace lehr
