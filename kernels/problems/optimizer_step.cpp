#include "kernels/optimizer_step.h"

#include <algorithm>
#include <cmath>

#include "kernels/problems/makers.h"
#include "kernels/problems/optimizer_rules.h"
#include "kernels/problems/segments.h"

namespace lehr::check {
namespace {

struct Operands {
  OptimizerStepSpec spec;
  RuleCase step;
  Guarded &w, &g, &slots, &factors;  ///< as they are before the step

  struct After {
    std::vector<double> w, slots;
  };
  After after(bool runs, bool applies) const {
    After a{w.values(), slots.values()};
    if (!runs) return a;
    const auto gradient = g.values(), factor = factors.values();
    const auto n = static_cast<std::size_t>(spec.count);
    std::vector<double> slot(step.slots.size());
    for (std::size_t s = 0; s < spec.segments.size(); ++s) {
      const Segment& segment = spec.segments[s];
      const auto own = static_cast<double>(segment.rate_factor), limit = static_cast<double>(spec.clip_value);
      const RuleStep of_segment{.rate = step.rate * own,
                                .rate_factor = own,
                                .decay = segment.decays ? step.decay * own : 0,
                                .norm = factor.empty() ? 1 : factor[s],
                                .applies = applies};
      for (auto i = static_cast<std::size_t>(segment.offset); i < static_cast<std::size_t>(segment.offset + segment.count); ++i) {
        double v = gradient[i] * of_segment.norm;
        if (limit > 0) v = std::clamp(v, -limit, limit);
        for (std::size_t k = 0; k < slot.size(); ++k) slot[k] = a.slots[k * n + i];
        a.w[i] -= of_segment.decay * a.w[i];
        step.apply(a.w[i], v, slot, of_segment);
        for (std::size_t k = 0; k < slot.size(); ++k) a.slots[k * n + i] = slot[k];
      }
    }
    return a;
  }
  /// Rules round a few times, numbers of this size.
  Expected few_roundings(std::vector<double> value, bool changes) const {
    const std::vector<double> magnitude(value.size(), step.magnitude);
    return changes ? within(DType::f32, 1, std::move(value), magnitude) : exactly(std::move(value));
  }
};

struct Way {
  const char* name;
  bool copies = false;
  StepCounters counters = {};
  std::uint32_t apply = 1;
};

void add_step(Case& on, Operands o, const Way& way) {
  o.spec.write_copy = way.copies;
  const auto op = on.prepare(o.spec);
  auto &w = on.memory(DType::f32, o.spec.count), &slots = on.memory(DType::f32, static_cast<std::int64_t>(o.slots.count())),
       &copy = on.memory(DType::bf16, way.copies ? o.spec.count : 0);
  const bool applies = way.apply != 0, changes = way.counters.stop == 0 && (applies || o.spec.every_step);
  StepRow row = o.step.row;
  row.apply = way.apply;
  Pass pass{.name = way.name,
            .run = [=, table = on.record(row), counters = on.record(way.counters), &w, &slots, &copy,
                    &stream = on.stream()] { op->run(w, o.g, slots, table, counters, o.factors, copy, stream); },
            .results = {{"w", &w, [=] { return o.few_roundings(o.after(changes, applies).w, changes); }},
                        {"slots", &slots, [=] { return o.few_roundings(o.after(changes, applies).slots, changes); }}},
            .bytes = traffic(w, w, o.g, slots, slots),
            .timed = changes && !way.copies,
            .reset =
                [o, &w, &slots, &copy] {
                  w.copy_from(o.w);
                  slots.copy_from(o.slots);
                  if (copy.count() != 0) copy.assign(o.w.values());  // what the last step left; gaps keep it
                }};
  if (way.copies)
    pass.results.push_back({"copy", &copy, [=] { return within(o.after(changes, applies).w, 0.0040, 2e-8 * o.step.magnitude); }});
  on.add(std::move(pass));
}

}  // namespace

Case optimizer_step_case(const Problem& p, Backend& backend) {
  const RuleCase step = rule_case(p);
  const std::int64_t n = p.number("count", 1);
  const OptimizerStepSpec spec{.rule = step.rule,
                               .count = n,
                               .segments = segments_of(n, p.number("segments", 1)),
                               .clip_value = static_cast<float>(p.real("clip", 0)),
                               .norm_clip = p.number("norm_clip", 0) != 0,
                               .every_step = step.every_step};
  Case on(backend);
  auto &w = on.input(DType::f32, n), &g = on.input(DType::f32, n);
  std::vector<double> slots;
  for (std::size_t k = 0; k < step.slots.size(); ++k)
    for (const double v :
         uniform(static_cast<std::size_t>(n), static_cast<std::uint32_t>(40 + k), step.slots[k].first, step.slots[k].second))
      slots.push_back(v);
  const Operands o{spec,
                   step,
                   w,
                   g,
                   on.input(DType::f32, slots),
                   on.input(DType::f32, spec.norm_clip ? static_cast<std::int64_t>(spec.segments.size()) : 0, 0.1, 1)};
  add_step(on, o, {.name = "step"});
  add_step(on, o, {.name = "with_copy", .copies = true});
  add_step(on, o, {.name = "stopped", .copies = true, .counters = {.stop = 1}});
  add_step(on, o, {.name = "accumulating", .copies = true, .apply = 0});
  return on;
}

Case norm_clip_case(const Problem& p, Backend& backend) {
  const NormClipSpec spec{.segments = segments_of(p.number("count", 1), p.number("segments", 1)),
                          .clipnorm = static_cast<float>(p.real("clipnorm", 0)),
                          .global_clipnorm = static_cast<float>(p.real("global_clipnorm", 0))};
  Case on(backend);
  const auto op = on.prepare(spec);
  auto &g = on.input(DType::f32, p.number("count", 1)), &factors = on.memory(DType::f32, static_cast<std::int64_t>(spec.segments.size())),
       &workspace = on.workspace(op->workspace_bytes());
  on.add({.name = "clip",
          .run = [op, &g, &factors, &workspace, &stream = on.stream()] { op->run(g, factors, workspace, stream); },
          .results = {{"factors", &factors,
                       [spec, &g] {
                         const auto gradient = g.values();
                         std::vector<double> squares;
                         double all = 0;
                         for (const Segment& s : spec.segments) {
                           double sum = 0;
                           for (auto i = static_cast<std::size_t>(s.offset); i < static_cast<std::size_t>(s.offset + s.count); ++i)
                             sum += gradient[i] * gradient[i];
                           squares.push_back(sum);
                           all += sum;
                         }
                         const auto limit = static_cast<double>(std::max(spec.clipnorm, spec.global_clipnorm));
                         for (double& s : squares) s = std::min(1.0, limit / std::sqrt(spec.clipnorm > 0 ? s : all));
                         return within(std::move(squares), 5e-7, 0);
                       }}},
          .bytes = traffic(g)});
  return on;
}

}  // namespace lehr::check
