// run_folder.h: what a run leaves behind (runs/NAME/): created without collision, written atomically, read back.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tune/history.h"

namespace lehr {

class RunFolder {
 public:
  /// `<root>/<name>-<date>-<n>` with the first free n; mkdir is the test, so that parallel runs never share one. Date: 2025-06-30.
  static RunFolder create(const std::filesystem::path& root, std::string_view name, std::string_view date);
  /// The path of the first free n, which is not made.
  static std::filesystem::path free_path(const std::filesystem::path& root, std::string_view name, std::string_view date);
  /// The folder of `--run DIR`. One that holds a run is Error{usage} naming --resume and --overwrite; with `overwrite` what that run left
  /// is removed, and nothing else.
  static RunFolder create_at(const std::filesystem::path& path, bool overwrite = false);
  /// What create_at refuses, without making anything.
  static void check_free(const std::filesystem::path& path, bool overwrite);
  /// An existing run: a folder, or a name under `root`. Error{data} where there is none.
  static RunFolder open(const std::filesystem::path& run, const std::filesystem::path& root = "runs");
  static bool holds_run(const std::filesystem::path& path);  ///< it has a config.toml

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

  void write(std::string_view name, std::string_view text) const;  ///< atomic
  std::string read(std::string_view name) const;
  void write_history(const History& history) const;  ///< history.csv and history.json
  /// The same after an epoch, without waiting for the disk: its checkpoint holds them too.
  void update_history(const History& history) const;
  History read_history() const;                     ///< history.csv, with the events of log.jsonl where that exists
  void append_event(const Event& event) const;      ///< a line of log.jsonl
  void write_events(const History& history) const;  ///< the whole of log.jsonl
  /// Before a run goes on: log.jsonl says what its checkpoint knows, and unfinished files of a killed run are gone.
  void rewind(const History& history) const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

std::string today();  ///< local date, 2025-06-30

}  // namespace lehr
