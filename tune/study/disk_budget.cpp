#include "tune/study/disk_budget.h"

#include <algorithm>
#include <vector>

namespace lehr {

namespace fs = std::filesystem;

void DiskBudget::make_room() const {
  if (bytes_ <= 0 || !fs::is_directory(folder_)) return;
  struct File {
    fs::file_time_type time;
    fs::path path;
    double bytes = 0;
  };
  std::vector<File> files;
  double total = 0;
  std::error_code gone;  // other workers remove files, too
  for (const auto& entry : fs::recursive_directory_iterator(folder_, gone)) {
    if (entry.path().extension() != ".lehr") continue;
    const auto bytes = static_cast<double>(entry.file_size(gone));
    if (gone) continue;
    files.push_back({.time = entry.last_write_time(gone), .path = entry.path(), .bytes = bytes});
    total += bytes;
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.time < b.time; });
  for (const File& f : files) {
    if (total <= bytes_) return;
    fs::remove(f.path, gone);
    total -= f.bytes;
  }
}

void DiskBudget::forget(const fs::path& trial) const {
  std::error_code gone;
  fs::remove_all(trial, gone);
}

}  // namespace lehr
