// disk_budget.h: the checkpoints of a study within --disk. A checkpoint that is gone costs time, not results: the trial that needed it trains
// from its beginning, to the same bits.
#pragma once

#include <filesystem>

namespace lehr {

class DiskBudget {
 public:
  DiskBudget(std::filesystem::path folder, double bytes) : folder_(std::move(folder)), bytes_(bytes) {}
  /// Removes the oldest checkpoints until the budget holds.
  void make_room() const;
  void forget(const std::filesystem::path& trial) const;  ///< its checkpoints will not be needed again

 private:
  std::filesystem::path folder_;
  double bytes_;
};

}  // namespace lehr
