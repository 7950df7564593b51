#include "tune/run_folder.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "engine/atomic_file.h"
#include "kernels/error.h"
#include "tune/checkpoint.h"
#include "tune/event_log.h"
#include "tune/history_files.h"

namespace lehr {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_make(const fs::path& path, const std::error_code& error) {
  throw Error({.category = Category::data,
               .where = path.string(),
               .what = "the run folder cannot be made (" + error.message() + ")",
               .hint = "Choose a place that you may write to with --run."});
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path, error)) cannot_make(path, error ? error : std::make_error_code(std::errc::not_a_directory));
}

/// One folder name: what a file system or a shell might trip over becomes '-'.
std::string safe_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (plain || (!out.empty() && out.back() != '-')) out += plain ? c : '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  while (!out.empty() && out.front() == '.') out.erase(out.begin());
  if (out.size() > 80) out.resize(80);
  return out.empty() ? "run" : out;
}

/// What a run writes (a prefix where the name goes on). --overwrite removes these and leaves a user's own files alone.
constexpr std::array<std::string_view, 15> run_files{
    "history.csv",   "history.json",   "log.jsonl",   "checkpoint.lehr", "checkpoint.previous.lehr",
    "best.weights.", "last.weights.",  "model.keras", "curves.",         "events.out.tfevents.",
    "report.html",   "misclassified.", "confusion.",  "scaler.",         "excluded."};

void remove_run(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    // What backup_and_restore left of a fit that was cut off, from which the next one would go on; not a run of its own.
    const std::string backup = (entry.path() / "checkpoint.lehr").string();
    if (entry.is_directory() && checkpoint_exists(backup) && !RunFolder::holds_run(entry.path())) remove_checkpoint(backup);
    const std::string name = entry.path().filename().string();
    for (const auto file : run_files)
      if (entry.is_regular_file() && name.starts_with(file)) fs::remove(entry.path(), error);
  }
  fs::remove(folder / "config.toml", error);
}

}  // namespace

bool RunFolder::holds_run(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path / "config.toml", error);
}

fs::path RunFolder::free_path(const fs::path& root, std::string_view name, std::string_view date) {
  const std::string stem = fmt::format("{}-{}-", safe_name(name), date);
  std::error_code error;
  for (int n = 1;; ++n)
    if (fs::path path = root / (stem + std::to_string(n)); !fs::exists(path, error)) return path;
}

RunFolder RunFolder::create(const fs::path& root, std::string_view name, std::string_view date) {
  make_folders(root);
  while (true) {
    const fs::path path = free_path(root, name, date);
    std::error_code error;
    if (fs::create_directory(path, error)) return RunFolder(path);
    if (error && error != std::errc::file_exists) cannot_make(path, error);
  }
}

void RunFolder::check_free(const fs::path& path, bool overwrite) {
  if (!overwrite && holds_run(path))
    throw Error({.category = Category::usage,
                 .where = "--run " + path.string(),
                 .what = "this folder already holds a run",
                 .hint = "Continue it with --resume " + path.string() + ", or replace it with --overwrite."});
}

RunFolder RunFolder::create_at(const fs::path& path, bool overwrite) {
  check_free(path, overwrite);
  if (holds_run(path)) remove_run(path);
  make_folders(path);
  remove_unfinished(path);
  return RunFolder(path);
}

RunFolder RunFolder::open(const fs::path& run, const fs::path& root) {
  for (const fs::path& path : {run, root / run})
    if (holds_run(path)) return RunFolder(path);
  std::error_code error;
  const bool folder = fs::is_directory(run, error);
  throw Error({.category = Category::data,
               .where = run.string(),
               .what = folder ? "this folder holds no run" : "there is no such run",
               .expected = "a folder with config.toml, or the name of one under " + root.string() + "/",
               .hint = "`lehr runs list` names them."});
}

void RunFolder::write(std::string_view name, std::string_view text) const { write_file_atomically(file(name), text); }

std::string RunFolder::read(std::string_view name) const { return read_file(file(name)); }

void RunFolder::write_history(const History& history) const {
  write("history.csv", history_csv(history));
  write("history.json", history_json(history));
}

void RunFolder::update_history(const History& history) const {
  replace_file(file("history.csv"), history_csv(history));
  replace_file(file("history.json"), history_json(history));
}

History RunFolder::read_history() const {
  History out = parse_history_csv(read("history.csv"), file("history.csv").string());
  std::error_code error;
  if (fs::exists(file("log.jsonl"), error)) out.events = parse_event_log(read("log.jsonl"), file("log.jsonl").string());
  return out;
}

void RunFolder::append_event(const Event& event) const {
  const fs::path path = file("log.jsonl");
  std::error_code error;
  std::string line = event_json(event) + "\n";
  // A torn line of a killed run is cut off, so that what follows stays readable.
  if (fs::exists(path, error)) {
    const std::string text = read_file(path);
    if (!text.empty() && text.back() != '\n') fs::resize_file(path, text.rfind('\n') + 1, error);
  }
  append_to_file(path, line);
}

void RunFolder::rewind(const History& history) const {
  remove_unfinished(path_);
  write_events(history);
}

void RunFolder::write_events(const History& history) const {
  std::string lines;
  for (const Event& event : history.events) lines += event_json(event) + "\n";
  write("log.jsonl", lines);
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &local)};
}

}  // namespace lehr
