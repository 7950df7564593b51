#include "tune/oracles/evolution.h"

#include <algorithm>

#include "tune/oracles/scores.h"
#include "tune/oracles/untried.h"

namespace lehr {

namespace {

/// One active value drawn anew, to another one where it has others; what becomes active by that is drawn, too.
Values mutated(const Space& space, const Values& parent, Draw& draw) {
  std::vector<const Hyperparameter*> candidates;
  for (const auto& p : space.parameters())
    if (parent.find(p.name) != nullptr && p.count().value_or(2) > 1) candidates.push_back(&p);
  if (candidates.empty()) return parent;
  const Hyperparameter* chosen = candidates[draw.below(candidates.size())];
  return space.fill([&](const Hyperparameter& p) {
    const double* inherited = parent.find(p.name);
    if (&p != chosen) return inherited != nullptr ? *inherited : p.at(draw.uniform());
    double value = *inherited;
    for (int i = 0; i < 100 && value == *inherited; ++i) value = p.at(draw.uniform());
    return value;
  });
}

}  // namespace

Answer propose(const Evolution& o, const Question& question) {
  if (static_cast<std::int64_t>(question.trials.size()) >= o.trials) return Exhausted{.why = std::to_string(o.trials) + " trials done"};
  Draw draw = draw_for(question.seed, OracleStream::evolution, question.trials.size());
  const auto known = scored(question);
  std::optional<Values> values;
  if (known.empty() || static_cast<std::int64_t>(question.trials.size()) < o.population) {
    values = untried(question, draw);
  } else {
    const std::size_t young = std::min(known.size(), static_cast<std::size_t>(std::max<std::int64_t>(o.population, 1)));
    values = untried(question, draw, [&] {
      const Scored* parent = nullptr;
      for (std::int64_t i = 0; i < std::max<std::int64_t>(o.sample, 1); ++i) {
        const Scored& s = known[known.size() - young + draw.below(young)];
        if (parent == nullptr || s.loss < parent->loss) parent = &s;
      }
      return mutated(question.space, parent->trial->params, draw);
    });
  }
  if (!values) return all_done(question);
  return Proposal{.values = *std::move(values)};
}

OraclePlan plan_of(const Evolution& o, const Space& space) {
  const auto n = space.count();
  return {.trials = n ? std::min<std::int64_t>(o.trials, static_cast<std::int64_t>(*n)) : o.trials};
}

}  // namespace lehr
