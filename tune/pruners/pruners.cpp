#include "tune/pruners/pruners.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lehr {

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// The best of the values, NaN left out; NaN where there is no other.
double best_of(std::span<const double> values, bool maximize) {
  double best = nan_value;
  for (const double v : values)
    if (!std::isnan(v) && (std::isnan(best) || (maximize ? v > best : v < best))) best = v;
  return best;
}

std::vector<double> values_of(const Trial& t) {
  std::vector<double> out;
  for (const auto& [step, value] : t.intermediate) out.push_back(value);
  return out;
}

const double* value_at(const Trial& t, std::int64_t step) {
  for (const auto& [s, value] : t.intermediate)
    if (s == step) return &value;
  return nullptr;
}

/// numpy.percentile: linear between the two nearest.
double percentile_of(std::vector<double> values, double percent) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }), values.end());
  if (values.empty()) return nan_value;
  std::sort(values.begin(), values.end());
  const double at = percent / 100 * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  const double rest = at - static_cast<double>(low);
  return rest == 0 ? values[low] : values[low] + rest * (values[high] - values[low]);
}

/// Whether no earlier report lies in the same interval.
bool first_in_interval(const Trial& t, std::int64_t warmup, std::int64_t interval) {
  const std::int64_t step = t.intermediate.back().first, begin = (step - warmup) / interval * interval + warmup;
  return std::none_of(t.intermediate.begin(), t.intermediate.end() - 1, [&](const auto& r) { return r.first >= begin; });
}

}  // namespace

bool should_prune(const PercentilePruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize) {
  const std::int64_t step = trial.intermediate.back().first;
  std::vector<double> others;
  std::int64_t complete = 0;
  for (const Trial& t : trials) {
    if (t.state != TrialState::complete) continue;
    ++complete;
    if (const double* v = value_at(t, step)) others.push_back(*v);
  }
  if (complete == 0 || complete < p.n_startup_trials || step < p.n_warmup_steps) return false;
  if (!first_in_interval(trial, p.n_warmup_steps, std::max<std::int64_t>(p.interval_steps, 1))) return false;
  const double best = best_of(values_of(trial), maximize);
  if (std::isnan(best)) return true;
  if (static_cast<std::int64_t>(others.size()) < p.n_min_trials) return false;
  const double limit = percentile_of(std::move(others), maximize ? 100 - p.percentile : p.percentile);
  if (std::isnan(limit)) return false;
  return maximize ? best < limit : best > limit;
}

bool should_prune(const MedianPruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize) {
  return should_prune(PercentilePruner{.percentile = 50,
                                       .n_startup_trials = p.n_startup_trials,
                                       .n_warmup_steps = p.n_warmup_steps,
                                       .interval_steps = p.interval_steps,
                                       .n_min_trials = p.n_min_trials},
                      trials, trial, maximize);
}

namespace {

std::optional<std::int64_t> first_rung(const SuccessiveHalvingPruner& p, std::span<const Trial> trials) {
  if (p.min_resource) return p.min_resource;
  std::optional<std::int64_t> longest;
  for (const Trial& t : trials)
    if (t.state == TrialState::complete && !t.intermediate.empty()) longest = std::max(longest.value_or(0), t.intermediate.back().first);
  if (!longest) return {};
  return std::max<std::int64_t>(*longest / 100, 1);
}

/// What a trial reported when it reached that step: its value on the rung.
const double* rung_value(const Trial& t, double step) {
  for (const auto& [s, value] : t.intermediate)
    if (static_cast<double>(s) >= step) return &value;
  return nullptr;
}

}  // namespace

bool should_prune(const SuccessiveHalvingPruner& p, std::span<const Trial> trials, const Trial& trial, bool maximize) {
  const auto resource = first_rung(p, trials);
  if (!resource) return false;
  const auto& [step, value] = trial.intermediate.back();
  const double previous =
      trial.intermediate.size() > 1 ? static_cast<double>(trial.intermediate[trial.intermediate.size() - 2].first) : -1e300;
  const auto factor = static_cast<double>(p.reduction_factor);
  for (int rung = 0;; ++rung) {
    const double at = static_cast<double>(*resource) * std::pow(factor, static_cast<double>(p.min_early_stopping_rate + rung));
    if (static_cast<double>(step) < at) return false;
    if (previous >= at) continue;  // it passed this rung before
    if (std::isnan(value)) return true;
    std::vector<double> competing{value};
    for (const Trial& t : trials)
      if (const double* v = t.number == trial.number ? nullptr : rung_value(t, at); v != nullptr && !std::isnan(*v))
        competing.push_back(*v);
    if (static_cast<std::int64_t>(competing.size()) <= p.bootstrap_count) return true;
    const std::int64_t top = std::max<std::int64_t>(static_cast<std::int64_t>(competing.size()) / p.reduction_factor - 1, 0);
    std::sort(competing.begin(), competing.end());
    const double limit =
        maximize ? competing[competing.size() - 1 - static_cast<std::size_t>(top)] : competing[static_cast<std::size_t>(top)];
    if (maximize ? value < limit : value > limit) return true;
  }
}

bool should_prune(const PatientPruner& p, std::span<const Trial>, const Trial& trial, bool maximize) {
  const auto values = values_of(trial);
  if (static_cast<std::int64_t>(values.size()) <= p.patience + 1) return false;
  const std::size_t before = values.size() - static_cast<std::size_t>(p.patience) - 1;
  const std::span<const double> all(values);
  const double past = best_of(all.first(before), maximize), recent = best_of(all.subspan(before), maximize);
  return maximize ? past - p.min_delta > recent : past + p.min_delta < recent;
}

const Catalogue<Pruner>& pruner_catalogue() {
  using C = Catalogue<Pruner>;
  static const C list("pruner", {C::entry<MedianPruner>(), C::entry<PercentilePruner>(), C::entry<SuccessiveHalvingPruner>({"asha"}),
                                 C::entry<PatientPruner>({"patient"})});
  return list;
}

}  // namespace lehr
