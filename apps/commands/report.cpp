// lehr report: runs as one HTML file.
#include <CLI/CLI.hpp>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "apps/version.h"
#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tune/report/report_html.h"

namespace lehr {

namespace {

struct ReportFlags {
  std::vector<std::string> runs;
  std::string output;
  FitJob job;
};

void run(Console& console, const ReportFlags& flags) {
  std::vector<RunReport> runs;
  for (const auto& name : flags.runs) runs.push_back(collect_report(run_path(name), flags.job));
  const std::string file = !flags.output.empty()    ? flags.output
                           : flags.runs.size() == 1 ? run_path(flags.runs.front()) + "/report.html"
                                                    : "report.html";
  write_file_atomically(file, report_html(std::move(runs), version_text()));
  if (console.json)
    console.out << JsonValue::object({{"report", file}}).text(2) << '\n';
  else
    console.out << "report: " << file << '\n';
}

}  // namespace

void add_report(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("report", "runs as one HTML file, no network needed");
  auto flags = std::make_shared<ReportFlags>();
  command->add_option("runs", flags->runs, "folders, or names under runs/; several stand side by side")->required();
  command->add_option("--output", flags->output, "default: report.html in the run's folder, or here for several runs");
  command->add_option("--memory", flags->job.memory, "stream data sets larger than this");
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { run(console, *flags); });
}

}  // namespace lehr
