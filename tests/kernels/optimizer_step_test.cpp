#include "kernels/optimizer_step.h"

#include <functional>
#include <map>

#include "kernels/error.h"
#include "kernels/reference/optimizer_step.h"
#include "tests/check/element.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

namespace {

constexpr double rate = 0.01;
constexpr int steps = 5;

struct Case {
  std::string name;
  OptimizerRule rule;
  int slots;
  std::function<void(reference::Weight&, double g, double lr, int t)> step;
};

std::vector<Case> cases() {
  using reference::Weight;
  std::vector<Case> all;
  for (const double momentum : {0.0, 0.9})
    for (const bool nesterov : {false, true})
      all.push_back({"sgd", SgdRule{.momentum = static_cast<float>(momentum), .nesterov = nesterov}, momentum == 0 ? 0 : 1,
                     [=](Weight& p, double g, double lr, int) { reference::sgd(p, g, lr, momentum, nesterov); }});
  for (const bool amsgrad : {false, true})
    all.push_back({"adam", AdamRule{.amsgrad = amsgrad}, amsgrad ? 3 : 2,
                   [=](Weight& p, double g, double lr, int t) { reference::adam(p, g, lr, 0.9, 0.999, 1e-7, amsgrad, t); }});
  for (const double momentum : {0.0, 0.5})
    for (const bool centered : {false, true})
      all.push_back({"rmsprop", RmspropRule{.momentum = static_cast<float>(momentum), .centered = centered},
                     1 + (momentum > 0 ? 1 : 0) + (centered ? 1 : 0),
                     [=](Weight& p, double g, double lr, int) { reference::rmsprop(p, g, lr, 0.9, momentum, 1e-7, centered); }});
  return all;
}

std::vector<StepRow> table(double weight_decay) {
  std::vector<StepRow> rows;
  for (int t = 1; t <= steps; ++t) {
    StepRow row;
    row.learning_rate = static_cast<float>(rate);
    row.a = static_cast<float>(rate * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)));
    row.decay = static_cast<float>(rate * weight_decay);
    rows.push_back(row);
  }
  return rows;
}

/// Gradients are those of sum w^2/2 plus noise, so that they change from step to step.
std::vector<double> gradient_of(const std::vector<double>& w, int t) {
  auto g = check::uniform(w.size(), static_cast<std::uint32_t>(100 + t));
  for (std::size_t i = 0; i < w.size(); ++i) g[i] = 0.5 * w[i] + g[i] * (i % 7 == 0 ? 1e-4 : 1);
  return g;
}

const std::vector<double>& gradients(std::size_t n, int t) {
  static std::map<std::pair<std::size_t, int>, std::vector<double>> kept;
  auto& g = kept[{n, t}];
  if (g.empty()) {
    g = gradient_of(check::uniform(n, 50), t);
    for (double& v : g) v = static_cast<double>(static_cast<float>(v));
  }
  return g;
}

struct Run {
  Guarded w, copy;
};
Run train(Backend& b, const OptimizerStepSpec& spec, int slots, const std::vector<double>& factors, double weight_decay) {
  const auto n = static_cast<std::size_t>(spec.count);
  Run r{Guarded(b, DType::f32, n), Guarded(b, DType::bf16, n)};
  Guarded g(b, DType::f32, n), s(b, DType::f32, n * static_cast<std::size_t>(slots)), f(b, DType::f32, factors.size());
  r.w.assign(check::uniform(n, 50));
  if (slots != 0) s.assign(std::vector<double>(s.count()));
  if (!factors.empty()) f.assign(factors);
  const auto op = make(spec, b);
  const auto advance = make(AdvanceSpec{.batch = 1}, b);
  const auto rows = table(weight_decay);
  StepCounters counters;
  for (int t = 1; t <= steps; ++t) {
    g.assign(gradients(n, t));
    op->run(r.w, g, s, rows.data(), &counters, f, spec.write_copy ? r.copy.view() : View{}, b.stream());
    advance->run(&counters, b.stream());
  }
  CHECK(s.guards_intact());
  CHECK(r.copy.guards_intact());
  return r;
}

}  // namespace

TEST_CASE("optimizer step: every problem agrees with float64") { check::family("optimizer_step"); }

TEST_CASE("norm clip: every problem agrees with float64") { check::family("norm_clip"); }

TEST_CASE("segment factor: every problem agrees with float64") { check::family("segment_factor"); }

TEST_CASE("factored moments: every problem agrees with float64") { check::family("factored_moments"); }

TEST_CASE("optimizer step: five steps of every rule agree with float64") {
  for (const Case& c : cases())
    for (const std::int64_t n : {33}) {
      const OptimizerStepSpec spec{.rule = c.rule, .count = n, .segments = {{.offset = 0, .count = n}}};
      const auto w = check::same_for_all_threads(c.name, [&](Backend& b) { return train(b, spec, c.slots, {}, 0).w; });
      auto want = check::uniform(static_cast<std::size_t>(n), 50);
      for (std::size_t i = 0; i < want.size(); ++i) {
        reference::Weight p{.w = static_cast<double>(static_cast<float>(want[i]))};
        for (int t = 1; t <= steps; ++t) c.step(p, gradients(want.size(), t)[i], rate, t);
        want[i] = p.w;
      }
      check::agree(c.name, w, want, {1e-6, 1e-6});
    }
}

TEST_CASE("optimizer step: segments have their own decay, rate and clipping; gaps stay; the copy follows") {
  const std::int64_t n = 40000;
  OptimizerStepSpec spec{.rule = AdamRule{},
                         .count = n,
                         .segments = {{.offset = 0, .count = 10},
                                      {.offset = 16, .count = 20001, .decays = false},
                                      {.offset = 20032, .count = 19968, .rate_factor = 0.25F}},
                         .clip_value = 0.3F,
                         .norm_clip = true,
                         .write_copy = true};
  const std::vector<double> factors{1, 0.5, 0.75};
  Cpu cpu(2);
  const auto w = check::same_for_all_threads("segments", [&](Backend& b) { return train(b, spec, 2, factors, 0.1).w; });
  auto want = check::uniform(static_cast<std::size_t>(n), 50);
  for (double& v : want) v = static_cast<double>(static_cast<float>(v));
  for (std::size_t s = 0; s < 3; ++s)
    for (std::int64_t i = spec.segments[s].offset; i < spec.segments[s].offset + spec.segments[s].count; ++i) {
      reference::Weight p{.w = want[static_cast<std::size_t>(i)]};
      const double lr = rate * static_cast<double>(spec.segments[s].rate_factor);
      for (int t = 1; t <= steps; ++t) {
        if (spec.segments[s].decays) p.w -= lr * 0.1 * p.w;
        const double g = gradients(static_cast<std::size_t>(n), t)[static_cast<std::size_t>(i)] * factors[s];
        reference::adam(p, std::clamp(g, -static_cast<double>(0.3F), static_cast<double>(0.3F)), lr, 0.9, 0.999, 1e-7, false, t);
      }
      want[static_cast<std::size_t>(i)] = p.w;
    }
  check::agree("segments", w, want, {1e-6, 1e-6});
  const auto copy = train(cpu, spec, 2, factors, 0.1).copy.values();
  std::size_t wrong = 0;
  for (const Segment& s : spec.segments)
    for (auto i = static_cast<std::size_t>(s.offset); i < static_cast<std::size_t>(s.offset + s.count); ++i)
      wrong += copy[i] != static_cast<double>(static_cast<float>(bf16(static_cast<float>(w[i])))) ? 1 : 0;
  CHECK(wrong == 0);
  CHECK(std::isnan(copy[12]));  // a gap between segments is not written
}

TEST_CASE("optimizer step: nothing moves after a stop or where the step only accumulates") {
  Cpu cpu(1);
  const auto op = make(OptimizerStepSpec{.rule = SgdRule{}, .count = 2, .segments = {{.offset = 0, .count = 2}}}, cpu);
  Guarded w(cpu, DType::f32, 2), g(cpu, DType::f32, 2);
  w.assign({1, 2}), g.assign({10, 10});
  std::vector<StepRow> rows(2);
  rows[0].learning_rate = rows[1].learning_rate = 0.5F;
  rows[1].apply = 0;
  StepCounters counters{.stop = 1};
  op->run(w, g, {}, rows.data(), &counters, {}, {}, cpu.stream());
  CHECK(w.values() == std::vector<double>{1, 2});
  counters = {.cursor = 1};
  op->run(w, g, {}, rows.data(), &counters, {}, {}, cpu.stream());
  CHECK(w.values() == std::vector<double>{1, 2});
  counters = {};
  op->run(w, g, {}, rows.data(), &counters, {}, {}, cpu.stream());
  CHECK(w.values() == std::vector<double>{-4, -3});
}

TEST_CASE("norm clip: one factor a segment, or one of all") {
  const std::vector<Segment> segments{{.offset = 0, .count = 2}, {.offset = 4, .count = 40000}, {.offset = 40004, .count = 1}};
  auto g = check::uniform(40005, 71);
  g[0] = 3, g[1] = 4, g[40004] = 0.5;
  double squares = 0, middle = 0;
  for (std::size_t i = 4; i < 40004; ++i) middle += g[i] * g[i];
  squares = middle + 25.25;
  const auto run = [&](NormClipSpec spec) {
    spec.segments = segments;
    return check::same_for_all_threads("norm clip", [&](Backend& b) {
      Guarded in(b, DType::f32, g.size()), factors(b, DType::f32, 3);
      in.assign(g);
      const auto op = make(spec, b);
      Guarded workspace(b, DType::u8, op->workspace_bytes());
      op->run(in, factors, workspace, b.stream());
      CHECK(workspace.guards_intact());
      return factors;
    });
  };
  check::agree("clipnorm", run({.segments = {}, .clipnorm = 2}), {0.4, 2 / std::sqrt(middle), 1}, {1e-6, 0});
  check::agree("global_clipnorm", run({.segments = {}, .global_clipnorm = 2}), std::vector<double>(3, 2 / std::sqrt(squares)), {1e-6, 0});
  CHECK(run({.segments = {}, .global_clipnorm = 1e4F}) == std::vector<double>{1, 1, 1});
  g[10] = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(run({.segments = {}, .global_clipnorm = 2})[0]));
  CHECK(run({.segments = {}, .clipnorm = 2})[2] == 1);
  Cpu cpu(1);
  CHECK_THROWS_AS(make(NormClipSpec{.segments = segments}, cpu), Error);
  CHECK_THROWS_AS(make(OptimizerStepSpec{.rule = SgdRule{}, .count = 4, .segments = {{.offset = 0, .count = 5}}}, cpu), Error);
}

TEST_CASE("advance: training counts steps until it is stopped") {
  Cpu cpu(1);
  StepCounters c;
  make(AdvanceSpec{.batch = 32}, cpu)->run(&c, cpu.stream());
  CHECK((c.step == 1 && c.cursor == 1 && c.sample == 32));
  make(AdvanceSpec{.batch = 8, .training = false}, cpu)->run(&c, cpu.stream());
  CHECK((c.step == 1 && c.cursor == 2 && c.sample == 40));
  c.stop = 1;
  make(AdvanceSpec{.batch = 32}, cpu)->run(&c, cpu.stream());
  CHECK((c.step == 1 && c.cursor == 3 && c.sample == 72));
}
