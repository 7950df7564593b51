#include "tune/traps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tune/experiment.h"
#include "tune/format.h"

namespace lehr {

std::vector<std::int64_t> epochs_of(const History& history, std::string_view event) {
  std::vector<std::int64_t> out;
  for (const auto& e : history.events)
    if (e.kind == event) out.push_back(e.epoch);
  return out;
}

std::string best_left_unread(const ExperimentRun& run) {
  if (run.restored || run.best_epoch + 1 == run.epochs || !(std::abs(run.best_test_accuracy - run.test_accuracy) > 0)) return {};
  return fmt::format(
      "Here the last epoch ({}) has {} on the test set and the best one ({}, by val_loss) {}, which lies in best.weights.h5 "
      "and is not the result.",
      run.epochs, percent_text(run.test_accuracy, 2), run.best_epoch + 1, percent_text(run.best_test_accuracy, 2));
}

std::string rate_never_trained(const History& history) {
  const std::vector<std::int64_t> reduced = epochs_of(history, "reduced");
  if (reduced.empty() || history.rows.empty() || reduced.back() != history.rows.back().epoch) return {};
  std::string to;
  for (const auto& e : history.events)
    if (e.kind == "reduced") to = e.text.substr(e.text.rfind(' ') + 1);
  while (!to.empty() && to.back() == '.') to.pop_back();
  std::string trained;
  const std::vector<double> rates = history.column("learning_rate");
  for (std::size_t begin = 0, end = 0; begin < rates.size(); begin = end) {
    for (end = begin; end < rates.size() && rates[end] == rates[begin];) ++end;
    trained += fmt::format("{}{} for {} epochs", trained.empty() ? "" : ", ", repr(rates[begin]), end - begin);
  }
  return fmt::format("the rate fell to {} at the end of epoch {}, the last one: no step was taken with it. Trained were {}.", to,
                     reduced.back() + 1, trained);
}

namespace {
/// As short as float32, in which rates are held, can say it: 0.0001, not 9.999999747378752e-05.
std::string held_text(double rate) { return fmt::format("{}", static_cast<float>(rate)); }
}  // namespace

std::string rate_stood_still(const History& history) {
  const std::vector<double> rates = history.column("learning_rate");
  if (rates.size() < 2 || rates.front() == rates.back()) return {};
  const double change = std::abs(rates.back() / rates.front() - 1);
  if (change >= 0.01) return {};
  return fmt::format("the schedule took the rate from {} to {} over {} epochs: {:.2g} %, a constant rate under another name.",
                     held_text(rates.front()), held_text(rates.back()), rates.size(), 100 * change);
}

std::string counters_apart(const History& history, std::string_view monitor, double loose, double strict) {
  double best_loose = std::numeric_limits<double>::infinity(), best_strict = best_loose;
  std::string epochs;
  for (std::size_t i = 0; const double value : history.column(monitor)) {
    ++i;
    const bool a = value < best_loose - loose, b = value < best_strict - strict;
    if (a) best_loose = value;
    if (b) best_strict = value;
    if (a != b) epochs += fmt::format("{}{}", epochs.empty() ? "" : ", ", i);
  }
  if (epochs.empty()) return {};
  return fmt::format(
      "epoch {} is better than all before it with min_delta {:g} and not with {:g}: the two callbacks, with their different "
      "defaults, counted different epochs.",
      epochs, loose, strict);
}

std::string rate_in_float32(const History& history) {
  for (const double rate : history.column("learning_rate")) {
    const auto held = static_cast<float>(rate);
    const std::string exact = repr(static_cast<double>(held)), meant = fmt::format("{}", held);
    if (!history.rows.empty() && rate < history.at("learning_rate", 0) && exact != repr(std::stod(meant)))
      return fmt::format("the rate is kept in float32: {} is printed as {} where its digits are not cut", meant, exact);
  }
  return {};
}

std::string chosen_on_test(std::span<const Compared> runs) {
  if (runs.size() < 2) return {};
  const auto& by_test = *std::max_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.test < b.test; });
  const auto& by_validation =
      *std::max_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.validation < b.validation; });
  const std::string test = fmt::format("the test set prefers {} ({})", by_test.name, percent_text(by_test.test, 2));
  if (&by_test == &by_validation) return fmt::format("of {} runs {}, and so does validation", runs.size(), test);
  return fmt::format("of {} runs {}, validation {} ({}), which has {} on the test set", runs.size(), test, by_validation.name,
                     percent_text(by_validation.validation, 2), percent_text(by_validation.test, 2));
}

std::optional<std::int64_t> epochs_between_drops(const History& history) {
  const std::vector<double> rates = history.column("learning_rate");
  std::optional<std::int64_t> distance;
  std::int64_t last = 0;
  for (std::size_t i = 1; i < rates.size(); ++i) {
    if (rates[i] >= rates[i - 1]) continue;
    const std::int64_t apart = static_cast<std::int64_t>(i) - last;
    if (distance && *distance != apart) return {};
    distance = apart;
    last = static_cast<std::int64_t>(i);
  }
  return distance;
}

}  // namespace lehr
