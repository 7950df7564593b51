// traps.h: what a run's own numbers give away of habits that mislead. Each is a sentence with the numbers, or empty where the run does not
// show it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tune/history.h"

namespace lehr {

struct ExperimentRun;

/// The best epoch's weights were saved and those of the last epoch are the result.
std::string best_left_unread(const ExperimentRun& run);
/// A rate that a callback set at the very end: no epoch was trained with it.
std::string rate_never_trained(const History& history);
/// A schedule that changes the rate by less than a hundredth over the whole run.
std::string rate_stood_still(const History& history);
/// Epochs that one callback counts as better and another does not, for their min_delta differs: `loose` < `strict`.
std::string counters_apart(const History& history, std::string_view monitor, double loose, double strict);
/// Where every drop of the rate has the same distance to the one before: that distance in epochs.
std::optional<std::int64_t> epochs_between_drops(const History& history);
/// A reduced rate that float32 holds with more digits than anyone wrote: both numbers.
std::string rate_in_float32(const History& history);
struct Compared {
  std::string name = {};
  double validation = 0, test = 0;  ///< accuracies
};
/// Of several runs, the one that the test set prefers and the one that validation prefers. Empty for fewer than two.
std::string chosen_on_test(std::span<const Compared> runs);
std::vector<std::int64_t> epochs_of(const History& history, std::string_view event);  ///< from 0

}  // namespace lehr
