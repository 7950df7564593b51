#include "tune/fit_checks.h"

#include <algorithm>
#include <cmath>

namespace lehr {

void check_monitors(const FitOptions& options, const std::vector<std::unique_ptr<Callback>>& callbacks,
                    const std::vector<std::string>& known) {
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    const std::string name = callbacks[i]->monitor();
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (const auto& one : known) names += (names.empty() ? "" : ", ") + one;
    throw Error({.category = Category::usage,
                 .where = std::string(options.callbacks[i].info().name),
                 .what = "this run will not report \"" + name + "\"",
                 .expected = names,
                 .got = name,
                 .hint = name.starts_with("val_") && options.validation_data == nullptr ? "Give --validation or --validation-split." : ""});
  }
}

double trained_seconds(const History& history) {
  double sum = 0;
  for (const double s : history.column("seconds"))
    if (std::isfinite(s)) sum += s;
  return sum;
}

std::int64_t named_classes(const Evaluation& validation) {
  std::vector<bool> seen;
  for (const auto id : validation.predicted) {
    if (static_cast<std::size_t>(id) >= seen.size()) seen.resize(static_cast<std::size_t>(id) + 1);
    seen[static_cast<std::size_t>(id)] = true;
  }
  return std::count(seen.begin(), seen.end(), true);
}

std::vector<double> means_of(const std::vector<double>& sums) {
  std::vector<double> means;
  for (std::size_t i = 0; i < sums.size(); i += 2) means.push_back(sums[i] / sums[i + 1]);
  return means;
}

}  // namespace lehr
