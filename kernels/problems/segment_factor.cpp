#include "kernels/segment_factor.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/segments.h"
#include "kernels/problems/words.h"
#include "kernels/reference/segment_factor.h"

namespace lehr::check {
namespace {

double factor_by_definition(const SegmentFactorSpec& spec, const std::vector<double>& w, const std::vector<double>& u) {
  if (spec.kind == FactorKind::trust) return reference::trust_ratio(w, u);
  if (spec.kind == FactorKind::lars) return reference::lars_ratio(w, u, spec.scale, spec.decay, spec.epsilon);
  if (spec.kind == FactorKind::adafactor) return reference::adafactor_ratio(w, u, spec.epsilon, spec.limit);
  return 1 / (reference::norm(u) + spec.epsilon);
}

std::vector<double> factors_by_definition(const SegmentFactorSpec& spec, const std::vector<double>& w, const std::vector<double>& u) {
  std::vector<double> factors;
  for (std::size_t s = 0; s < spec.segments.size(); ++s) {
    const auto piece = [&](const std::vector<double>& x) {
      const auto begin = x.begin() + spec.segments[s].offset;
      return std::vector<double>(begin, begin + spec.segments[s].count);
    };
    factors.push_back(spec.neutral[s] != 0 ? 1 : factor_by_definition(spec, piece(w), piece(u)));
  }
  return factors;
}

}  // namespace

/// The second tensor's weights and the third one's update are zero, as they are before training begins.
Case segment_factor_case(const Problem& p, Backend& backend) {
  const std::int64_t n = p.number("count", 1);
  SegmentFactorSpec spec{.kind = word_of<FactorKind>(p, "kind", FactorKind::trust,
                                                     {{"trust", FactorKind::trust},
                                                      {"lars", FactorKind::lars},
                                                      {"inverse_norm", FactorKind::inverse_norm},
                                                      {"adafactor", FactorKind::adafactor}}),
                         .segments = segments_of(n, p.number("segments", 1)),
                         .scale = p.real("scale", 1),
                         .decay = p.real("decay", 0),
                         .epsilon = p.real("epsilon", 0),
                         .limit = p.real("limit", 1)};
  const auto every = static_cast<std::size_t>(p.number("neutral", 0));
  for (std::size_t s = 0; s < spec.segments.size(); ++s) spec.neutral.push_back(every != 0 && s % every == every - 1 ? 1 : 0);
  auto weights = uniform(static_cast<std::size_t>(n), 61), update = uniform(static_cast<std::size_t>(n), 62, -2, 2);
  const auto clear = [&](std::vector<double>& x, std::size_t s) {
    if (s < spec.segments.size()) std::fill_n(x.begin() + spec.segments[s].offset, spec.segments[s].count, 0.0);
  };
  clear(weights, 1);
  if (spec.kind != FactorKind::inverse_norm) clear(update, 2);

  Case on(backend);
  const auto op = on.prepare(spec);
  auto &w = on.input(DType::f32, weights), &u = on.input(DType::f32, update),
       &factors = on.memory(DType::f32, static_cast<std::int64_t>(spec.segments.size())), &workspace = on.workspace(op->workspace_bytes());
  on.add(
      {.name = "factors",
       .run = [op, &w, &u, &factors, &workspace, &stream = on.stream()] { op->run(w, u, factors, workspace, stream); },
       .results = {{"factors", &factors, [spec, &w, &u] { return within(factors_by_definition(spec, w.values(), u.values()), 5e-7, 0); }}},
       .bytes = spec.rule().reads_weights() ? traffic(w, u) : traffic(u)});
  return on;
}

}  // namespace lehr::check
