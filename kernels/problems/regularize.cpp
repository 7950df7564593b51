#include "kernels/regularize.h"

#include "kernels/problems/makers.h"
#include "kernels/problems/words.h"
#include "kernels/reference/regularize.h"

namespace lehr::check {
namespace {

/// A few roundings; where a result is rounded to bfloat16, half a unit of its last place.
double relative(DType dtype) { return dtype == DType::bf16 ? 0.0040 : 3e-7; }

void add_penalty(Case& on, const PenaltySpec& s, Guarded& w, bool wants_loss, bool wants_gradient) {
  const auto op = on.prepare(s);
  auto &before = on.input(s.gradient, wants_gradient ? s.count : 0), &dw = on.memory(s.gradient, wants_gradient ? s.count : 0),
       &loss = on.memory(DType::f32, wants_loss ? 1 : 0), &workspace = on.workspace(wants_loss ? op->workspace_bytes() : 0);
  constexpr double already = 0.75;
  Pass pass{.name = wants_loss ? (wants_gradient ? "both" : "loss") : "gradient",
            .run = [op, &w, &loss, &dw, &workspace, &stream = on.stream()] { op->run(w, loss, dw, workspace, stream); },
            .results = {},
            .bytes = traffic(w, dw, dw),
            .timed = !(wants_loss && wants_gradient),
            .reset =
                [&before, &dw, &loss] {
                  dw.copy_from(before);
                  if (loss.count() != 0) loss.assign({already});
                }};
  if (wants_loss)
    pass.results.push_back(
        {"loss", &loss, [s, &w] { return within({reference::penalty(s, w.values()) + (s.accumulate ? already : 0)}, 2e-7, 1e-12); }});
  if (wants_gradient)
    pass.results.push_back({"dw", &dw, [s, &w, &before] {
                              auto want = before.values();
                              const auto g = reference::penalty_gradient(s, w.values());
                              for (std::size_t i = 0; i < want.size(); ++i) want[i] += g[i];
                              return within(std::move(want), relative(s.gradient), 3e-7);
                            }});
  on.add(std::move(pass));
}

struct Way {
  const char* name;
  bool copies = false;
  StepCounters counters = {};
  std::uint32_t apply = 1;
};

void add_constraint(Case& on, const ConstraintSpec& s, Guarded& before, const Way& way) {
  const auto op = on.prepare(s);
  const std::int64_t n = s.rows * s.channels;
  auto &w = on.memory(DType::f32, n), &copy = on.memory(DType::bf16, way.copies ? n : 0), &workspace = on.workspace(op->workspace_bytes());
  const bool changes = way.counters.stop == 0 && way.apply != 0;
  const auto want = [s, &before, changes] { return changes ? reference::constrain(s, before.values()) : before.values(); };
  StepRow row;
  row.apply = way.apply;
  Pass pass{.name = way.name,
            .run = [=, table = on.record(row), counters = on.record(way.counters), &w, &copy, &workspace,
                    &stream = on.stream()] { op->run(w, copy, table, counters, workspace, stream); },
            .results = {{"w", &w, [want, changes] { return changes ? within(want(), 3e-7, 1e-12) : exactly(want()); }}},
            .bytes = traffic(w, w),
            .timed = changes && !way.copies,
            .reset =
                [&w, &copy, &before] {
                  w.copy_from(before);
                  if (copy.count() != 0) copy.assign(before.values());
                }};
  if (way.copies) pass.results.push_back({"copy", &copy, [want] { return within(want(), 0.0040, 1e-12); }});
  on.add(std::move(pass));
}

}  // namespace

Case penalty_case(const Problem& p, Backend& backend) {
  const PenaltySpec s{.count = p.number("count", 1),
                      .l1 = static_cast<float>(p.real("l1", 0)),
                      .l2 = static_cast<float>(p.real("l2", 0)),
                      .scale = static_cast<float>(p.real("scale", 1)),
                      .accumulate = p.number("accumulate", 0) != 0,
                      .dtype = dtype_word(p),
                      .gradient = dtype_word(p, "gradient")};
  Case on(backend);
  auto& w = on.input(s.dtype, s.count);
  add_penalty(on, s, w, true, false);
  add_penalty(on, s, w, false, true);
  add_penalty(on, s, w, true, true);
  return on;
}

Case constraint_case(const Problem& p, Backend& backend) {
  const ConstraintSpec s{
      .kind = word_of<ConstraintKind>(
          p, "kind", ConstraintKind::max_norm,
          {{"max_norm", ConstraintKind::max_norm}, {"non_neg", ConstraintKind::non_neg}, {"unit_norm", ConstraintKind::unit_norm}}),
      .rows = p.number("rows", 1),
      .channels = p.number("c", 1),
      .max_value = static_cast<float>(p.real("max", 2))};
  Case on(backend);
  auto& before = on.input(DType::f32, s.rows * s.channels);
  add_constraint(on, s, before, {.name = "constrain"});
  add_constraint(on, s, before, {.name = "with_copy", .copies = true});
  add_constraint(on, s, before, {.name = "stopped", .copies = true, .counters = {.stop = 1}});
  add_constraint(on, s, before, {.name = "accumulating", .copies = true, .apply = 0});
  return on;
}

}  // namespace lehr::check
