#include "tune/oracles/hyperband.h"

#include <algorithm>
#include <cmath>

#include "tune/oracles/scores.h"
#include "tune/oracles/tpe.h"
#include "tune/oracles/untried.h"

namespace lehr {

std::int64_t OraclePlan::epochs() const {
  std::int64_t total = 0;
  for (const auto& r : rounds) total += r.trials * (r.epochs - r.initial_epoch);
  return total;
}

std::vector<PlannedRound> hyperband_rounds(std::int64_t max_epochs, double factor) {
  if (max_epochs < 1)
    throw Error({.category = Category::usage,
                 .where = "hyperband",
                 .what = "max_epochs must be positive",
                 .expected = "1 or more",
                 .got = std::to_string(max_epochs)});
  if (!(factor >= 2) || !std::isfinite(factor))
    throw Error({.category = Category::usage, .where = "hyperband", .what = "factor needs to be at least 2", .expected = "2 or more"});
  const auto max = static_cast<double>(max_epochs);
  std::int64_t brackets = 0;
  for (double left = max; left >= 1; left /= factor) ++brackets;
  // IEEE double as in KerasTuner: log(9) / log(3) is exactly 2, log(243) / log(3) a little below 5.
  const double c = std::ceil(1 + std::log(max) / std::log(factor));
  std::vector<PlannedRound> out;
  for (std::int64_t b = brackets - 1; b >= 0; --b) {
    std::int64_t before = 0;
    for (std::int64_t r = 0; r <= b; ++r) {
      const double power = std::pow(factor, static_cast<double>(b - r));
      const auto trials = static_cast<std::int64_t>(std::ceil(c / static_cast<double>(b + 1) * power));
      const auto epochs = static_cast<std::int64_t>(std::ceil(max / power));
      out.push_back({.bracket = b, .round = r, .trials = trials, .initial_epoch = before, .epochs = epochs});
      before = epochs;
    }
  }
  return out;
}

namespace {

std::vector<PlannedRound> repeated(const std::vector<PlannedRound>& once, std::int64_t iterations) {
  const std::int64_t brackets = once.front().bracket + 1;
  std::vector<PlannedRound> out;
  for (std::int64_t k = iterations - 1; k >= 0; --k)
    for (PlannedRound r : once) {
      r.bracket += k * brackets;  // every iteration has brackets of its own, so that trials can be told apart
      out.push_back(r);
    }
  return out;
}

OraclePlan plan_from(std::vector<PlannedRound> rounds) {
  OraclePlan plan{.trials = 0, .rounds = std::move(rounds)};
  for (const auto& r : plan.rounds) *plan.trials += r.trials;
  return plan;
}

class Brackets {
 public:
  Brackets(const Question& question, const FirstValues& first) : question_(question), first_(first) {}

  Answer next(const std::vector<PlannedRound>& rounds) const {
    // Brackets in their order; one that waits for running trials lets the next begin, as KerasTuner's parallel workers do.
    for (auto begin = rounds.begin(); begin != rounds.end();) {
      const auto end = std::find_if(begin, rounds.end(), [&](const auto& r) { return r.bracket != begin->bracket; });
      if (auto answer = in_bracket({begin, end})) return *std::move(answer);
      begin = end;
    }
    if (running()) return Wait{};
    return Exhausted{.why = "all brackets are done"};
  }

 private:
  std::vector<const Trial*> trials_of(const PlannedRound& r) const {
    std::vector<const Trial*> out;
    for (const Trial& t : question_.trials)
      if (t.stage.bracket == r.bracket && t.stage.round == r.round && t.stage.epochs > 0) out.push_back(&t);
    return out;
  }

  bool running() const {
    return std::any_of(question_.trials.begin(), question_.trials.end(), [](const Trial& t) { return !t.finished(); });
  }

  std::optional<Answer> in_bracket(std::span<const PlannedRound> rounds) const {
    const auto& opening = rounds.front();
    if (static_cast<std::int64_t>(trials_of(opening).size()) < opening.trials) {
      if (auto values = first_(question_))
        return Proposal{.values = *std::move(values),
                        .stage = {.epochs = opening.epochs, .initial_epoch = 0, .bracket = opening.bracket, .round = 0}};
      if (running()) return Wait{};
      return all_done(question_);
    }
    for (std::size_t r = 1; r < rounds.size(); ++r)
      if (auto promoted = promote(rounds[r - 1], rounds[r])) return Answer(*std::move(promoted));
    return {};
  }

  /// The best that waits in `from`, once more of it are ready than will be thrown out. Failed trials are among those thrown out.
  std::optional<Proposal> promote(const PlannedRound& from, const PlannedRound& to) const {
    const auto gone_on = trials_of(to);
    if (static_cast<std::int64_t>(gone_on.size()) >= to.trials) return {};
    const auto all = scored(question_);
    std::vector<Scored> candidates;
    std::int64_t thrown_out = 0;
    for (const Trial* t : trials_of(from)) {
      if (std::any_of(gone_on.begin(), gone_on.end(), [&](const Trial* g) { return g->stage.source == t->number; })) continue;
      const auto s = std::find_if(all.begin(), all.end(), [&](const Scored& x) { return x.trial == t; });
      if (s != all.end())
        candidates.push_back(*s);
      else if (t->finished())
        ++thrown_out;
    }
    if (candidates.empty() || static_cast<std::int64_t>(candidates.size()) + thrown_out <= from.trials - to.trials) return {};
    const auto best =
        std::min_element(candidates.begin(), candidates.end(), [](const Scored& a, const Scored& b) { return a.loss < b.loss; });
    return Proposal{
        .values = best->trial->params,
        .stage = {
            .epochs = to.epochs, .initial_epoch = from.epochs, .bracket = to.bracket, .round = to.round, .source = best->trial->number}};
  }

  const Question& question_;
  const FirstValues& first_;
};

std::vector<PlannedRound> rounds_of(std::int64_t max_epochs, double factor, std::int64_t iterations) {
  if (iterations < 1)
    throw Error({.category = Category::usage,
                 .where = "hyperband",
                 .what = "hyperband_iterations must be positive",
                 .expected = "1 or more",
                 .got = std::to_string(iterations)});
  return repeated(hyperband_rounds(max_epochs, factor), iterations);
}

/// TPE's view for BOHB: the longest trainings with at least dims + 2 results.
std::vector<Trial> longest(const Question& question) {
  const std::size_t enough = question.space.parameters().size() + 2;
  std::vector<std::int64_t> lengths;
  for (const auto& s : scored(question)) lengths.push_back(s.trial->stage.epochs);
  std::sort(lengths.rbegin(), lengths.rend());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  for (const std::int64_t epochs : lengths) {
    std::vector<Trial> out;
    for (const auto& s : scored(question))
      if (s.trial->stage.epochs == epochs) out.push_back(*s.trial);
    if (out.size() >= enough) return out;
  }
  return {};
}

}  // namespace

Answer propose_in_brackets(const std::vector<PlannedRound>& rounds, const Question& question, const FirstValues& first) {
  return Brackets(question, first).next(rounds);
}

Answer propose(const Hyperband& o, const Question& question) {
  return propose_in_brackets(rounds_of(o.max_epochs, o.factor, o.hyperband_iterations), question, [](const Question& q) {
    Draw draw = draw_for(q.seed, OracleStream::hyperband, q.trials.size());
    return untried(q, draw);
  });
}

OraclePlan plan_of(const Hyperband& o, const Space&) { return plan_from(rounds_of(o.max_epochs, o.factor, o.hyperband_iterations)); }

Answer propose(const Bohb& o, const Question& question) {
  return propose_in_brackets(rounds_of(o.max_epochs, o.factor, o.hyperband_iterations), question, [&](const Question& q) {
    Draw draw = draw_for(q.seed, OracleStream::hyperband, q.trials.size());
    const auto known = longest(q);
    if (known.empty() || draw.uniform() < o.random_fraction) return untried(q, draw);
    const Question model{.space = q.space, .trials = known, .maximize = q.maximize, .seed = q.seed};
    return untried(q, draw, [&] { return tpe_values({}, model, draw); });
  });
}

OraclePlan plan_of(const Bohb& o, const Space&) { return plan_from(rounds_of(o.max_epochs, o.factor, o.hyperband_iterations)); }

}  // namespace lehr
