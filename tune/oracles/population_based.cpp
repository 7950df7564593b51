#include "tune/oracles/population_based.h"

#include <algorithm>
#include <cmath>

#include "tune/oracles/scores.h"
#include "tune/oracles/untried.h"

namespace lehr {

namespace {

std::int64_t rounds_of(const PopulationBased& o) {
  if (o.population < 2 || o.interval < 1 || o.max_epochs < o.interval || !(o.quantile > 0 && o.quantile <= 0.5))
    throw Error({.category = Category::usage,
                 .where = "pbt",
                 .what = "this population cannot train",
                 .expected = "population of 2 or more, 1 <= interval <= max_epochs, 0 < quantile <= 0.5"});
  return (o.max_epochs + o.interval - 1) / o.interval;
}

double shaken(const Hyperparameter& p, double value, const PopulationBased& o, Draw& draw) {
  const double u = draw.uniform();
  if (u < o.resample_probability || p.kind == HyperparameterKind::boolean) return p.at(draw.uniform());
  const bool up = draw.uniform() < 0.5;
  if (p.kind == HyperparameterKind::choice || p.step) {
    const auto grid = p.grid();
    const auto here = std::lower_bound(grid.begin(), grid.end(), value) - grid.begin();
    return grid[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(here + (up ? 1 : -1), 0, std::ssize(grid) - 1))];
  }
  const double moved = std::clamp(value * (up ? 1.2 : 0.8), p.low, p.high);
  return p.kind == HyperparameterKind::integer ? std::round(moved) : moved;
}

}  // namespace

Answer propose(const PopulationBased& o, const Question& question) {
  const std::int64_t rounds = rounds_of(o);
  const auto end_of = [&](std::int64_t round) { return std::min((round + 1) * o.interval, o.max_epochs); };
  Draw draw = draw_for(question.seed, OracleStream::population, question.trials.size());
  const auto member_in = [&](std::int64_t round, std::int64_t member) -> const Trial* {
    for (const Trial& t : question.trials)
      if (t.stage.round == round && t.stage.bracket == member) return &t;
    return nullptr;
  };
  for (std::int64_t m = 0; m < o.population; ++m)
    if (member_in(0, m) == nullptr) {
      auto values = untried(question, draw);
      if (!values) values = random_values(question.space, draw);  // twins are allowed: their weights differ
      return Proposal{.values = *std::move(values), .stage = {.epochs = end_of(0), .bracket = m}};
    }
  const auto all = scored(question);
  for (std::int64_t round = 1; round < rounds; ++round) {
    std::vector<Scored> before;
    for (const auto& s : all)
      if (s.trial->stage.round == round - 1) before.push_back(s);
    for (std::int64_t m = 0; m < o.population; ++m)
      if (const Trial* t = member_in(round - 1, m); t == nullptr || !t->finished()) return Wait{};
    if (before.empty()) return Exhausted{.why = "no member of the population is left"};
    std::stable_sort(before.begin(), before.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
    const auto top = std::max<std::size_t>(1, static_cast<std::size_t>(o.quantile * static_cast<double>(before.size())));
    for (std::int64_t m = 0; m < o.population; ++m) {
      if (member_in(round, m) != nullptr) continue;
      const auto place =
          std::find_if(before.begin(), before.end(), [&](const Scored& s) { return s.trial->stage.bracket == m; }) - before.begin();
      const bool stays = place < std::ssize(before) - static_cast<std::ptrdiff_t>(top);
      const Trial& source = *before[stays ? static_cast<std::size_t>(place) : draw.below(top)].trial;
      Proposal next{
          .values = source.params,
          .stage = {.epochs = end_of(round), .initial_epoch = end_of(round - 1), .bracket = m, .round = round, .source = source.number}};
      if (!stays)
        for (const auto& p : question.space.parameters())
          if (const double* v = source.params.find(p.name); v != nullptr && !p.structural) next.values.set(p.name, shaken(p, *v, o, draw));
      return next;
    }
  }
  if (std::any_of(question.trials.begin(), question.trials.end(), [](const Trial& t) { return !t.finished(); })) return Wait{};
  return Exhausted{.why = "every member trained " + std::to_string(o.max_epochs) + " epochs"};
}

OraclePlan plan_of(const PopulationBased& o, const Space&) {
  OraclePlan plan{.trials = rounds_of(o) * o.population};
  for (std::int64_t r = 0; r < rounds_of(o); ++r)
    plan.rounds.push_back({.round = r,
                           .trials = o.population,
                           .initial_epoch = std::min(r * o.interval, o.max_epochs),
                           .epochs = std::min((r + 1) * o.interval, o.max_epochs)});
  return plan;
}

}  // namespace lehr
