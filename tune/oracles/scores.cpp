#include "tune/oracles/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tune/oracles/draw.h"

namespace lehr {

namespace {

double loss_of(const Trial& t, std::size_t objective, const std::vector<bool>& maximize) {
  return maximize.at(objective) ? -t.values[objective] : t.values[objective];
}

bool usable(const Trial& t, std::size_t objectives) {
  return t.state == TrialState::complete && t.values.size() == objectives &&
         std::all_of(t.values.begin(), t.values.end(), [](double v) { return std::isfinite(v); });
}

void scalarize(const Question& question, std::vector<Scored>& list) {
  const std::size_t m = question.maximize.size();
  Draw draw = draw_for(question.seed, OracleStream::scalarization, question.trials.size());
  std::vector<double> weights, low(m, std::numeric_limits<double>::infinity()), high(m, -std::numeric_limits<double>::infinity());
  double total = 0;
  for (std::size_t k = 0; k < m; ++k) {
    weights.push_back(-std::log(1 - draw.uniform()));  // exponentials: uniform on the simplex
    total += weights.back();
    for (const auto& s : list) {
      low[k] = std::min(low[k], loss_of(*s.trial, k, question.maximize));
      high[k] = std::max(high[k], loss_of(*s.trial, k, question.maximize));
    }
  }
  for (auto& s : list) {
    double largest = 0, sum = 0;
    for (std::size_t k = 0; k < m; ++k) {
      const double range = high[k] > low[k] ? high[k] - low[k] : 1;
      const double term = weights[k] / total * (loss_of(*s.trial, k, question.maximize) - low[k]) / range;
      largest = std::max(largest, term);
      sum += term;
    }
    s.loss = largest + 0.05 * sum;
  }
}

}  // namespace

std::vector<Scored> scored(const Question& question) {
  std::vector<Scored> out;
  for (const Trial& t : question.trials)
    if (usable(t, question.maximize.size())) out.push_back({.trial = &t, .loss = loss_of(t, 0, question.maximize)});
  if (question.maximize.size() > 1) scalarize(question, out);
  return out;
}

std::vector<const Trial*> pareto_front(std::span<const Trial> trials, const std::vector<bool>& maximize) {
  const auto beats = [&](const Trial& a, const Trial& b) {
    bool better = false;
    for (std::size_t k = 0; k < maximize.size(); ++k) {
      const double x = loss_of(a, k, maximize), y = loss_of(b, k, maximize);
      if (x > y) return false;
      better = better || x < y;
    }
    return better;
  };
  std::vector<const Trial*> out;
  for (const Trial& t : trials)
    if (usable(t, maximize.size()) &&
        std::none_of(trials.begin(), trials.end(), [&](const Trial& other) { return usable(other, maximize.size()) && beats(other, t); }))
      out.push_back(&t);
  return out;
}

const Trial* best_trial(std::span<const Trial> trials, const std::vector<bool>& maximize) {
  const Trial* best = nullptr;
  for (const Trial& t : trials) {
    if (t.state != TrialState::complete || t.values.empty() || std::isnan(t.values[0])) continue;
    if (best == nullptr || loss_of(t, 0, maximize) < loss_of(*best, 0, maximize)) best = &t;
  }
  return best;
}

}  // namespace lehr
