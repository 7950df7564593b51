// find_lr.h: the learning-rate range test (L. N. Smith, "Cyclical Learning Rates", 2017): a few steps at growing rates, the loss of each, and
// which rates it speaks for. The model is afterwards what it was before, bit for bit: weights, optimizer, random numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tune/model.h"

namespace lehr {

/// How rates grow from step to step: by a factor, or by a difference.
enum class RateGrowth : std::uint8_t { exponential, linear };
template <>
struct SpecEnum<RateGrowth> {
  static constexpr std::pair<std::string_view, RateGrowth> names[] = {{"exponential", RateGrowth::exponential},
                                                                      {"linear", RateGrowth::linear}};
};

struct RangeTestOptions {
  double from = 1e-7, to = 10;  ///< the rate of step i: from * (to / from)^(i / steps), or from + (to - from) * i / steps
  std::int64_t steps = 100;     ///< at most: it ends where the loss diverges
  RateGrowth growth = RateGrowth::exponential;
  double beta = 0.98;   ///< of the smoothed loss: average = beta*average + (1 - beta)*loss, divided by 1 - beta^(t + 1)
  double diverged = 4;  ///< times the lowest smoothed loss ends the test; 0: only a loss that is no number does
  std::int64_t batch_size = 32;
  Network augmentation = {};
  std::vector<float> class_weights = {};
  std::function<bool()> interrupted = {};                                ///< true ends it: Error{interrupted}
  std::function<void(std::int64_t step, std::int64_t steps)> done = {};  ///< now and then
};

/// What the steps saw; all columns have one entry a step.
struct RateTrace {
  std::vector<double> rates = {};     ///< of each step
  std::vector<double> losses = {};    ///< of each batch, before its step
  std::vector<double> smoothed = {};  ///< of them
  bool diverged = false;              ///< the last step is the one that ended it; it has not touched the weights
};

/// Loss and gradients are those of training, dropout and augmentation included. The divergence is found on the device, in the step itself
/// (RangeTestSpec). Error{usage} for rates or steps that make no test.
RateTrace range_test(Model& model, const Dataset& train, const RangeTestOptions& options);

/// Rates that a trace speaks for. Unset where it has too few steps for one. All but `stable` as fastai 2.8 computes them
/// (fastai/callback/schedule.py), from the smoothed losses of steps [steps / 10, last 5 left out):
struct RateSuggestions {
  std::optional<double> steepest = {};  ///< the step where the loss falls fastest: argmin of d loss / d log(rate)
  std::optional<double> valley = {};    ///< two thirds into the longest valley (longest falling subsequence)
  std::optional<double> minimum = {};   ///< a tenth of the rate with the lowest loss
  /// The largest rate on the way up from the lowest loss (medians of five batches) before a quarter of the descent is lost again.
  std::optional<double> stable = {};
};
inline constexpr std::string_view suggestion_names[] = {"steepest", "valley", "minimum_10", "max_stable"};
RateSuggestions suggest_rates(const RateTrace& trace, std::int64_t steps);
/// In the order of suggestion_names.
std::vector<std::optional<double>> in_order(const RateSuggestions& suggestions);

}  // namespace lehr
