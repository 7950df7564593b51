#include "kernels/factored_moments.h"

#include "kernels/problems/makers.h"
#include "kernels/reference/factored_moments.h"

namespace lehr::check {
namespace {

struct After {
  std::vector<double> g, moments;
};
After by_definition(const FactoredMomentsSpec& spec, After now, double b) {
  const auto epsilon = static_cast<double>(spec.epsilon);
  if (!spec.factored) {
    for (std::size_t i = 0; i < now.g.size(); ++i) {
      now.moments[i] = b * now.moments[i] + (1 - b) * (now.g[i] * now.g[i] + epsilon);
      now.g[i] /= std::sqrt(now.moments[i]);
    }
    return now;
  }
  const auto rows = spec.rows, columns = spec.columns;
  for (std::int64_t k = 0; k < spec.matrices; ++k) {
    const auto g = now.g.begin() + k * rows * columns, r = now.moments.begin() + k * rows,
               c = now.moments.begin() + spec.matrices * rows + k * columns;
    reference::FactoredMatrix m{
        static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), {g, g + rows * columns}, {r, r + rows}, {c, c + columns}};
    reference::factored_moments(m, b, epsilon);
    std::ranges::copy(m.g, g);
    std::ranges::copy(m.r, r);
    std::ranges::copy(m.c, c);
  }
  return now;
}

struct Way {
  const char* name;
  StepCounters counters = {};
  std::uint32_t apply = 1;
};

void add_step(Case& on, const FactoredMomentsSpec& spec, float b, Guarded& g_before, Guarded& moments_before, const Way& way) {
  const auto op = on.prepare(spec);
  auto &g = on.memory(DType::f32, static_cast<std::int64_t>(g_before.count())), &moments = on.memory(DType::f32, spec.moments());
  const bool changes = way.counters.stop == 0 && way.apply != 0;
  const auto after = [=, &g_before, &moments_before] {
    After now{g_before.values(), moments_before.values()};
    return changes ? by_definition(spec, std::move(now), static_cast<double>(b)) : now;
  };
  const auto few_roundings = [changes](std::vector<double> want) {
    return changes ? within(std::move(want), 1e-6, 1e-12) : exactly(std::move(want));
  };
  StepRow row;
  row.a = b;
  row.apply = way.apply;
  on.add({.name = way.name,
          .run = [=, table = on.record(row), counters = on.record(way.counters), &g, &moments,
                  &stream = on.stream()] { op->run(g, moments, table, counters, stream); },
          .results = {{"g", &g, [=] { return few_roundings(after().g); }},
                      {"moments", &moments, [=] { return few_roundings(after().moments); }}},
          .bytes = traffic(g, g, moments, moments),
          .timed = changes,
          .reset =
              [&g, &moments, &g_before, &moments_before] {
                g.copy_from(g_before);
                moments.copy_from(moments_before);
              }});
}

}  // namespace

Case factored_moments_case(const Problem& p, Backend& backend) {
  const FactoredMomentsSpec spec{.matrices = p.number("matrices", 1),
                                 .rows = p.number("rows", 1),
                                 .columns = p.number("c", 1),
                                 .factored = p.number("factored", 1) != 0,
                                 .epsilon = static_cast<float>(p.real("epsilon", 1e-30))};
  const auto b = static_cast<float>(p.real("b", 0.9));
  Case on(backend);
  auto &g = on.input(DType::f32, spec.matrices * spec.rows * spec.columns), &moments = on.input(DType::f32, spec.moments(), 0.1, 1);
  add_step(on, spec, b, g, moments, {.name = "step"});
  add_step(on, spec, b, g, moments, {.name = "stopped", .counters = {.stop = 1}});
  add_step(on, spec, b, g, moments, {.name = "accumulating", .apply = 0});
  return on;
}

}  // namespace lehr::check
