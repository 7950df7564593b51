// lehr report: runs, or a study, as one HTML file.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/console.h"
#include "apps/fit_flags.h"
#include "apps/version.h"
#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tune/report/report_html.h"
#include "tune/report/study_figures.h"
#include "tune/report/study_html.h"
#include "tune/study/study_storage.h"

namespace lehr {

namespace {

struct ReportFlags {
  std::vector<std::string> runs;
  std::string output, pictures, storage = "sqlite:///studies.db";
  FitJob job;
};

/// A name that no run has is a study's.
bool names_study(const ReportFlags& flags) {
  if (flags.runs.size() != 1 || std::filesystem::is_directory(run_path(flags.runs.front()))) return false;
  const bool there = !flags.storage.starts_with("sqlite:///") || std::filesystem::exists(flags.storage.substr(10));
  return there && StudyStorage(flags.storage).find(flags.runs.front()).has_value();
}

std::string write_study(const ReportFlags& flags) {
  const std::string& study = flags.runs.front();
  const TuneResult result = read_study(flags.storage, study);
  const std::string folder = "studies/" + study;
  const std::string file = !flags.output.empty() ? flags.output : folder + "/report.html";
  if (flags.output.empty()) std::filesystem::create_directories(folder);
  write_file_atomically(file, study_html(result, stored_job(flags.storage, study), version_text()));
  if (flags.pictures.empty()) return file;
  std::filesystem::create_directories(flags.pictures);
  const std::filesystem::path folder_of_pictures(flags.pictures);
  for (const auto& f : study_figures(result))
    plot::write_figure(f.figure, folder_of_pictures / (f.name + ".svg"), folder_of_pictures / (f.name + ".png"));
  return file;
}

std::string write_runs(const ReportFlags& flags) {
  std::vector<RunReport> runs;
  for (const auto& name : flags.runs) runs.push_back(collect_report(run_path(name), flags.job));
  const std::string file = !flags.output.empty()    ? flags.output
                           : flags.runs.size() == 1 ? run_path(flags.runs.front()) + "/report.html"
                                                    : "report.html";
  write_file_atomically(file, report_html(std::move(runs), version_text()));
  return file;
}

void report_command(Console& console, const ReportFlags& flags) {
  const std::string file = names_study(flags) ? write_study(flags) : write_runs(flags);
  if (console.json)
    console.out << JsonValue::object({{"report", file}}).text(2) << '\n';
  else
    console.out << "report: " << file << '\n';
}

}  // namespace

void add_report(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("report", "runs, or a study, as one HTML file, no network needed");
  auto flags = std::make_shared<ReportFlags>();
  command->add_option("runs", flags->runs, "folders, or names under runs/; several stand side by side; or one study")->required();
  command->add_option("--output", flags->output, "default: report.html in the run's folder or studies/NAME/, or here for several runs");
  command->add_option("--storage", flags->storage, "where a study is")->capture_default_str();
  command->add_option("--pictures", flags->pictures, "a folder for a study's pictures, as SVG and PNG files");
  command->add_option("--memory", flags->job.memory, "stream data sets larger than this");
  add_common_flags(*command, console, flags->job);
  command->callback([&console, flags] { report_command(console, *flags); });
}

}  // namespace lehr
