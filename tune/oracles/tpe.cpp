#include "tune/oracles/tpe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tune/oracles/parzen.h"
#include "tune/oracles/scores.h"
#include "tune/oracles/untried.h"

namespace lehr {

namespace {

/// Good first: complete ones by loss, then pruned ones by how far they came; running ones last.
struct Order {
  std::vector<const Trial*> good, rest;
};

Order split(const Question& question) {
  auto complete = scored(question);
  std::stable_sort(complete.begin(), complete.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
  std::vector<const Trial*> ranked;
  for (const auto& s : complete) ranked.push_back(s.trial);
  std::vector<const Trial*> pruned, running;
  for (const Trial& t : question.trials) {
    if (t.state == TrialState::pruned && !t.intermediate.empty()) pruned.push_back(&t);
    if (t.state == TrialState::running && !t.params.empty()) running.push_back(&t);
  }
  const bool maximize = question.maximize.at(0);
  std::stable_sort(pruned.begin(), pruned.end(), [&](const Trial* a, const Trial* b) {
    const auto& [step_a, value_a] = a->intermediate.back();
    const auto& [step_b, value_b] = b->intermediate.back();
    if (step_a != step_b) return step_a > step_b;
    if (std::isnan(value_a) || std::isnan(value_b)) return !std::isnan(value_a);
    return maximize ? value_a > value_b : value_a < value_b;
  });
  ranked.insert(ranked.end(), pruned.begin(), pruned.end());
  const auto n = static_cast<double>(ranked.size());
  const auto below = static_cast<std::size_t>(std::min(std::ceil(0.1 * n), 25.0));
  Order out{.good = {ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(below)},
            .rest = {ranked.begin() + static_cast<std::ptrdiff_t>(below), ranked.end()}};
  out.rest.insert(out.rest.end(), running.begin(), running.end());
  const auto by_number = [](const Trial* a, const Trial* b) { return a->number < b->number; };
  std::sort(out.good.begin(), out.good.end(), by_number);
  std::sort(out.rest.begin(), out.rest.end(), by_number);
  return out;
}

std::vector<std::vector<double>> rows_of(const std::vector<const Trial*>& trials, const std::vector<const Hyperparameter*>& parameters) {
  std::vector<std::vector<double>> out;
  for (const Trial* t : trials) {
    std::vector<double> row;
    for (const auto* p : parameters)
      if (const double* v = t->params.find(p->name)) row.push_back(*v);
    if (row.size() == parameters.size()) out.push_back(std::move(row));
  }
  return out;
}

/// The candidate with the largest ratio of the two densities.
std::vector<double> best_candidate(const Tpe& o, const Order& order, const std::vector<const Hyperparameter*>& parameters, Draw& draw) {
  const ParzenEstimator good(parameters, rows_of(order.good, parameters), o.prior_weight);
  const ParzenEstimator rest(parameters, rows_of(order.rest, parameters), o.prior_weight);
  std::vector<double> best;
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < std::max<std::int64_t>(o.n_ei_candidates, 1); ++i) {
    auto candidate = good.sample(draw);
    const double ratio = good.log_density(candidate) - rest.log_density(candidate);
    if (best.empty() || ratio > largest) {
      largest = ratio;
      best = std::move(candidate);
    }
  }
  return best;
}

std::vector<const Hyperparameter*> always_there(const Space& space) {
  std::vector<const Hyperparameter*> out;
  for (const auto& p : space.parameters())
    if (p.conditions.empty()) out.push_back(&p);
  return out;
}

}  // namespace

double tpe_log_ratio(const Tpe& o, const Question& question, const Values& values) {
  const Order order = split(question);
  const auto always = always_there(question.space);
  std::vector<double> row;
  for (const auto* p : always) row.push_back(*values.find(p->name));
  return ParzenEstimator(always, rows_of(order.good, always), o.prior_weight).log_density(row) -
         ParzenEstimator(always, rows_of(order.rest, always), o.prior_weight).log_density(row);
}

Values tpe_values(const Tpe& o, const Question& question, Draw& draw) {
  const Order order = split(question);
  // Values that are always there are chosen together; those under a condition one by one, from the trials that had them.
  const auto always = always_there(question.space);
  const auto joint = best_candidate(o, order, always, draw);
  return question.space.fill([&](const Hyperparameter& p) {
    for (std::size_t i = 0; i < always.size(); ++i)
      if (always[i] == &p) return joint[i];
    return best_candidate(o, order, {&p}, draw).at(0);
  });
}

Answer propose(const Tpe& o, const Question& question) {
  if (static_cast<std::int64_t>(question.trials.size()) >= o.trials) return Exhausted{.why = std::to_string(o.trials) + " trials done"};
  Draw draw = draw_for(question.seed, OracleStream::tpe, question.trials.size());
  const auto ended = std::count_if(question.trials.begin(), question.trials.end(),
                                   [](const Trial& t) { return t.state == TrialState::complete || t.state == TrialState::pruned; });
  const auto values =
      ended < o.n_startup_trials ? untried(question, draw) : untried(question, draw, [&] { return tpe_values(o, question, draw); });
  if (!values) return all_done(question);
  return Proposal{.values = *values};
}

OraclePlan plan_of(const Tpe& o, const Space& space) {
  const auto n = space.count();
  return {.trials = n ? std::min<std::int64_t>(o.trials, static_cast<std::int64_t>(*n)) : o.trials};
}

}  // namespace lehr
