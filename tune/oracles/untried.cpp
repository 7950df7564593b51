#include "tune/oracles/untried.h"

#include <algorithm>

namespace lehr {

namespace {

constexpr std::size_t largest_listed = 100'000;

}  // namespace

Values random_values(const Space& space, Draw& draw) {
  return space.fill([&](const Hyperparameter& p) { return p.at(draw.uniform()); });
}

bool tried(const Question& question, const Values& values) {
  return std::any_of(question.trials.begin(), question.trials.end(), [&](const Trial& t) { return t.params == values; });
}

std::optional<Values> untried(const Question& question, Draw& draw, const std::function<Values()>& make) {
  Values candidate;
  for (int collisions = 0; collisions <= 20; ++collisions) {
    candidate = make();
    if (!tried(question, candidate)) return candidate;
  }
  auto points = question.space.points(largest_listed);
  if (!points) return candidate;
  points->erase(std::remove_if(points->begin(), points->end(), [&](const Values& v) { return tried(question, v); }), points->end());
  if (points->empty()) return {};
  return (*points)[draw.below(points->size())];
}

std::optional<Values> untried(const Question& question, Draw& draw) {
  return untried(question, draw, [&] { return random_values(question.space, draw); });
}

Exhausted all_done(const Question& question) {
  const auto n = question.space.count();
  const std::string total = n ? std::to_string(*n) : std::to_string(question.trials.size());
  return {.why = total + " of " + total + " done"};
}

}  // namespace lehr
