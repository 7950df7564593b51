// fit_checks.h: what is looked at before a fit begins, and what is read off its numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tune/model.h"

namespace lehr {

/// Error{usage} for a callback that watches what the run will not report, with the names that it will.
void check_monitors(const FitOptions& options, const std::vector<std::unique_ptr<Callback>>& callbacks,
                    const std::vector<std::string>& known);
/// Of the epochs of a history.
double trained_seconds(const History& history);
/// How many classes a validation's answers name; 0 where it has none.
std::int64_t named_classes(const Evaluation& validation);
/// Of pairs (sum, count).
std::vector<double> means_of(const std::vector<double>& sums);

}  // namespace lehr
