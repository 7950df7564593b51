#include "kernels/optimizer_step.h"

#include <algorithm>
#include <cmath>

#include "kernels/problems/makers.h"
#include "kernels/problems/segments.h"
#include "kernels/problems/words.h"
#include "kernels/reference/optimizer_step.h"

namespace lehr::check {
namespace {

enum class Rule : std::uint8_t { sgd, adam, rmsprop };

/// The numbers of step t, and the rule in float64.
struct Step {
  Rule rule;
  double momentum;
  bool flag;  ///< nesterov, amsgrad, centered
  double rate = 0.01, decay = 0.1;
  int t = 3;

  OptimizerRule spec() const {
    const auto m = static_cast<float>(momentum);
    switch (rule) {
      case Rule::sgd:
        return SgdRule{.momentum = m, .nesterov = flag};
      case Rule::adam:
        return AdamRule{.amsgrad = flag};
      default:
        return RmspropRule{.momentum = m, .centered = flag};
    }
  }
  StepRow row() const {
    StepRow r;
    r.learning_rate = static_cast<float>(rate);
    r.a = static_cast<float>(rate * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)));
    r.decay = static_cast<float>(rate * decay);
    return r;
  }
  void apply(reference::Weight& p, double g, double lr) const {
    if (rule == Rule::sgd) reference::sgd(p, g, lr, momentum, flag);
    if (rule == Rule::adam) reference::adam(p, g, lr, 0.9, 0.999, 1e-7, flag, t);
    if (rule == Rule::rmsprop) reference::rmsprop(p, g, lr, 0.9, momentum, 1e-7, flag);
  }
  /// Which of the reference's states the rule's planes hold, in their order.
  std::vector<std::size_t> planes() const {
    if (rule == Rule::sgd) return momentum == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0};
    if (rule == Rule::adam) return flag ? std::vector<std::size_t>{0, 1, 2} : std::vector<std::size_t>{0, 1};
    std::vector<std::size_t> used{0};
    if (momentum > 0) used.push_back(1);
    if (flag) used.push_back(2);
    return used;
  }
};

struct Operands {
  OptimizerStepSpec spec;
  Step step;
  Guarded &w, &g, &slots, &factors;  ///< as they are before the step

  struct After {
    std::vector<double> w, slots;
  };
  After after(bool changes) const {
    After a{w.values(), slots.values()};
    if (!changes) return a;
    const auto gradient = g.values(), factor = factors.values();
    const auto planes = step.planes();
    const auto n = static_cast<std::size_t>(spec.count);
    for (std::size_t s = 0; s < spec.segments.size(); ++s) {
      const Segment& segment = spec.segments[s];
      const double lr = step.rate * static_cast<double>(segment.rate_factor), limit = static_cast<double>(spec.clip_value);
      for (auto i = static_cast<std::size_t>(segment.offset); i < static_cast<std::size_t>(segment.offset + segment.count); ++i) {
        double v = gradient[i] * (factor.empty() ? 1 : factor[s]);
        if (limit > 0) v = std::clamp(v, -limit, limit);
        reference::Weight p{.w = a.w[i]};
        for (std::size_t k = 0; k < planes.size(); ++k) p.s[planes[k]] = a.slots[k * n + i];
        if (segment.decays) p.w -= lr * step.decay * p.w;
        step.apply(p, v, lr);
        a.w[i] = p.w;
        for (std::size_t k = 0; k < planes.size(); ++k) a.slots[k * n + i] = p.s[planes[k]];
      }
    }
    return a;
  }
};

/// All terms of all rules lie in [-1, 1] here.
Expected few_roundings(std::vector<double> value, bool changes) {
  const std::vector<double> magnitude(value.size(), 1);
  return changes ? within(DType::f32, 1, std::move(value), magnitude) : exactly(std::move(value));
}

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
  const bool changes = way.counters.stop == 0 && way.apply != 0;
  StepRow row = o.step.row();
  row.apply = way.apply;
  Pass pass{.name = way.name,
            .run = [=, table = on.record(row), counters = on.record(way.counters), &w, &slots, &copy,
                    &stream = on.stream()] { op->run(w, o.g, slots, table, counters, o.factors, copy, stream); },
            .results = {{"w", &w, [o, changes] { return few_roundings(o.after(changes).w, changes); }},
                        {"slots", &slots, [o, changes] { return few_roundings(o.after(changes).slots, changes); }}},
            .bytes = traffic(w, w, o.g, slots, slots),
            .timed = changes && !way.copies,
            .reset =
                [o, &w, &slots, &copy] {
                  w.copy_from(o.w);
                  slots.copy_from(o.slots);
                  if (copy.count() != 0) copy.assign(o.w.values());  // what the last step left; gaps keep it
                }};
  if (way.copies) pass.results.push_back({"copy", &copy, [o, changes] { return within(o.after(changes).w, 0.0040, 2e-8); }});
  on.add(std::move(pass));
}

}  // namespace

Case optimizer_step_case(const Problem& p, Backend& backend) {
  const Step step{.rule = word_of<Rule>(p, "rule", Rule::adam, {{"sgd", Rule::sgd}, {"adam", Rule::adam}, {"rmsprop", Rule::rmsprop}}),
                  .momentum = p.real("momentum", 0),
                  .flag = p.number("nesterov", p.number("amsgrad", p.number("centered", 0))) != 0};
  const std::int64_t n = p.number("count", 1);
  const OptimizerStepSpec spec{.rule = step.spec(),
                               .count = n,
                               .segments = segments_of(n, p.number("segments", 1)),
                               .clip_value = static_cast<float>(p.real("clip", 0)),
                               .norm_clip = p.number("norm_clip", 0) != 0};
  Case on(backend);
  auto &w = on.input(DType::f32, n), &g = on.input(DType::f32, n);
  // Second moments are positive and larger than the first ones' squares, as after real steps.
  const auto planes = step.planes();
  std::vector<double> slots;
  for (const std::size_t plane : planes) {
    const bool square = (step.rule == Rule::adam && plane > 0) || (step.rule == Rule::rmsprop && plane == 0);
    for (const double v :
         uniform(static_cast<std::size_t>(n), static_cast<std::uint32_t>(40 + plane), square ? 0.2 : -0.3, square ? 1 : 0.3))
      slots.push_back(v);
  }
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
                         const double limit = static_cast<double>(std::max(spec.clipnorm, spec.global_clipnorm));
                         for (double& s : squares) s = std::min(1.0, limit / std::sqrt(spec.clipnorm > 0 ? s : all));
                         return within(std::move(squares), 5e-7, 0);
                       }}},
          .bytes = traffic(g)});
  return on;
}

}  // namespace lehr::check
