#include "tune/oracles/random_search.h"

#include <algorithm>

#include "tune/oracles/untried.h"

namespace lehr {

namespace {

constexpr std::size_t largest_grid = 1'000'000;

}  // namespace

Answer propose(const RandomSearch& oracle, const Question& question) {
  if (static_cast<std::int64_t>(question.trials.size()) >= oracle.trials)
    return Exhausted{.why = std::to_string(oracle.trials) + " trials done"};
  Draw draw = draw_for(question.seed, OracleStream::random, question.trials.size());
  auto values = untried(question, draw);
  if (!values) return all_done(question);
  return Proposal{.values = *std::move(values)};
}

OraclePlan plan_of(const RandomSearch& oracle, const Space& space) {
  const auto n = space.count();
  return {.trials = n ? std::min<std::int64_t>(oracle.trials, static_cast<std::int64_t>(*n)) : oracle.trials};
}

namespace {

std::vector<Values> grid_of(const Space& space) {
  auto points = space.grid(largest_grid);
  if (!points)
    throw Error({.category = Category::usage,
                 .where = "--oracle grid",
                 .what = "the grid has more than a million points",
                 .hint = "Give fewer values, steps, or another oracle."});
  return *std::move(points);
}

}  // namespace

Answer propose(const GridSearch& oracle, const Question& question) {
  const auto points = grid_of(question.space);
  if (oracle.trials && static_cast<std::int64_t>(question.trials.size()) >= *oracle.trials)
    return Exhausted{.why = std::to_string(*oracle.trials) + " of " + std::to_string(points.size()) + " done"};
  for (const Values& v : points)
    if (!tried(question, v)) return Proposal{.values = v};
  return Exhausted{.why = std::to_string(points.size()) + " of " + std::to_string(points.size()) + " done"};
}

OraclePlan plan_of(const GridSearch& oracle, const Space& space) {
  const auto n = static_cast<std::int64_t>(grid_of(space).size());
  return {.trials = oracle.trials ? std::min(n, *oracle.trials) : n};
}

}  // namespace lehr
