#include "tune/history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lehr {

namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
std::size_t index_of(const std::vector<std::string>& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}
}  // namespace

bool History::has(std::string_view name) const { return index_of(names, name) < names.size(); }

std::vector<double> History::column(std::string_view name) const {
  std::vector<double> out;
  if (!has(name)) return out;
  for (std::int64_t i = 0; i < epochs(); ++i) out.push_back(at(name, i));
  return out;
}

double History::at(std::string_view name, std::int64_t row) const {
  const auto i = index_of(names, name);
  if (i >= names.size() || row < 0 || row >= epochs()) return nan;
  const auto& values = rows[static_cast<std::size_t>(row)].values;
  return i < values.size() ? values[i] : nan;
}

void History::add(std::int64_t epoch, const std::vector<std::pair<std::string, double>>& values) {
  for (const auto& [name, value] : values)
    if (!has(name)) names.push_back(name);
  EpochRow row{.epoch = epoch, .values = std::vector<double>(names.size(), nan)};
  for (const auto& [name, value] : values) row.values[index_of(names, name)] = value;
  rows.push_back(std::move(row));
}

std::optional<std::int64_t> History::best(std::string_view name, bool maximize) const {
  std::optional<std::int64_t> found;
  for (std::int64_t i = 0; i < epochs(); ++i) {
    const double value = at(name, i);
    if (std::isnan(value)) continue;
    if (!found || (maximize ? value > at(name, *found) : value < at(name, *found))) found = i;
  }
  return found;
}

}  // namespace lehr
