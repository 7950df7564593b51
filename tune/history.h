// history.h: what a training run reported, epoch by epoch, and why things happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lehr {

/// One number a name: "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds". NaN where an epoch has none.
struct EpochRow {
  std::int64_t epoch = 0;  ///< from 0
  std::vector<double> values;
};

/// What callbacks and the trainer did: improved, reduced, stopped, saved, restored, warned.
struct Event {
  std::int64_t epoch = 0;  ///< from 0
  std::string kind = {};
  std::string text = {};  ///< for people; epochs in it count from 1
};

class History {
 public:
  std::vector<std::string> names;  ///< columns, Keras's order: metrics alphabetically, val_ ones, then learning_rate, seconds
  std::vector<EpochRow> rows;
  std::vector<Event> events;

  std::int64_t epochs() const { return static_cast<std::int64_t>(rows.size()); }
  bool has(std::string_view name) const;
  std::vector<double> column(std::string_view name) const;                                  ///< empty when there is no such column
  double at(std::string_view name, std::int64_t row) const;                                 ///< NaN when absent
  void add(std::int64_t epoch, const std::vector<std::pair<std::string, double>>& values);  ///< new names become columns
  /// Row of the best value; `maximize` as for accuracy. Empty when the column is absent or all NaN. First of equals.
  std::optional<std::int64_t> best(std::string_view name, bool maximize) const;
};

}  // namespace lehr
