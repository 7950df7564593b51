#include "tune/oracles/asha.h"

#include <algorithm>
#include <cmath>

#include "tune/oracles/scores.h"
#include "tune/oracles/untried.h"

namespace lehr {

namespace {

std::vector<std::int64_t> rungs_of(const Asha& o) {
  if (o.min_epochs < 1 || o.max_epochs < o.min_epochs || !(o.factor >= 2) || o.trials < 1)
    throw Error({.category = Category::usage,
                 .where = "asha",
                 .what = "these rungs lead nowhere",
                 .expected = "1 <= min_epochs <= max_epochs, factor of 2 or more, at least one trial"});
  std::vector<std::int64_t> out;
  for (auto epochs = static_cast<double>(o.min_epochs); epochs < static_cast<double>(o.max_epochs) - 1e-9; epochs *= o.factor)
    out.push_back(static_cast<std::int64_t>(std::ceil(epochs - 1e-9)));
  out.push_back(o.max_epochs);
  return out;
}

}  // namespace

Answer propose(const Asha& o, const Question& question) {
  const auto rungs = rungs_of(o);
  const auto all = scored(question);
  // From the top: the longest training that may go on goes first.
  for (auto k = static_cast<std::int64_t>(rungs.size()) - 2; k >= 0; --k) {
    std::vector<Scored> rung;
    for (const auto& s : all)
      if (s.trial->stage.round == k) rung.push_back(s);
    std::stable_sort(rung.begin(), rung.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
    const auto top = static_cast<std::size_t>(static_cast<double>(rung.size()) / o.factor);
    for (std::size_t i = 0; i < top; ++i) {
      const Trial& t = *rung[i].trial;
      if (std::any_of(question.trials.begin(), question.trials.end(), [&](const Trial& other) { return other.stage.source == t.number; }))
        continue;
      const auto next = static_cast<std::size_t>(k) + 1;
      return Proposal{.values = t.params,
                      .stage = {.epochs = rungs[next], .initial_epoch = rungs[next - 1], .round = k + 1, .source = t.number}};
    }
  }
  const auto begun = std::count_if(question.trials.begin(), question.trials.end(), [](const Trial& t) { return !t.stage.source; });
  if (begun < o.trials) {
    Draw draw = draw_for(question.seed, OracleStream::asha, question.trials.size());
    if (auto values = untried(question, draw)) return Proposal{.values = *std::move(values), .stage = {.epochs = rungs[0]}};
  }
  if (std::any_of(question.trials.begin(), question.trials.end(), [](const Trial& t) { return !t.finished(); })) return Wait{};
  return Exhausted{.why = std::to_string(begun) + " points began, the best of each rung went on"};
}

OraclePlan plan_of(const Asha& o, const Space& space) {
  const auto rungs = rungs_of(o);
  const auto points = space.count();
  std::int64_t n = points ? std::min<std::int64_t>(o.trials, static_cast<std::int64_t>(*points)) : o.trials;
  OraclePlan plan{.trials = 0};
  for (std::size_t k = 0; k < rungs.size() && n > 0; ++k) {
    plan.rounds.push_back(
        {.round = static_cast<std::int64_t>(k), .trials = n, .initial_epoch = k == 0 ? 0 : rungs[k - 1], .epochs = rungs[k]});
    *plan.trials += n;
    n = static_cast<std::int64_t>(static_cast<double>(n) / o.factor);
  }
  return plan;
}

}  // namespace lehr
