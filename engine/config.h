// config.h: settings as a flat TOML file, one line a flag: `--config FILE.toml` reads it, every run writes one.
//
//   model = "conv2d(32, 3) | flatten | dense(10, softmax)"
//   learning-rate = 0.0001
//   callback = ["early_stopping(patience=20)", "csv_logger(log.csv)"]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

struct ConfigEntry {
  std::string name;                 ///< the flag without its dashes: `learning-rate` (an underscore in the file is read as a dash)
  std::vector<std::string> values;  ///< as typed after the flag
  bool list = false;                ///< written as [ … ], even with one value or none
  int line = 0;                     ///< in the file; 0 where set by a program
};

class Config {
 public:
  static Config read(const std::string& path);  ///< Error{data} where missing or damaged, with line and column
  static Config parse(std::string_view text, std::string_view what = "config.toml");

  const std::vector<ConfigEntry>& entries() const { return entries_; }
  const ConfigEntry* find(std::string_view name) const;
  std::optional<std::string> value(std::string_view name) const;  ///< of a list, its only element; else nothing
  void set(std::string_view name, std::string value);
  void set(std::string_view name, std::vector<std::string> values);

  /// Reads back to the same names and values, in this order. Numbers and booleans stand without quotes where that keeps their text.
  std::string text() const;

 private:
  std::vector<ConfigEntry> entries_;
};

}  // namespace lehr
