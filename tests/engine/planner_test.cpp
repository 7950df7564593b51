// The planner with operations made by the test: what is dropped, where things lie, how gradients add up, when weights are packed.
#include "engine/planner.h"

#include <doctest/doctest.h>

#include <cstring>
#include <random>

#include "kernels/cpu.h"
#include "tests/check/plan_memory.h"

using namespace lehr;

namespace {

/// Writes sum(reads) + 1 over its outputs, and 0xff over its workspace, so that whoever shares memory wrongly reads nonsense.
PlanOp sum_op(const std::string& name, const std::vector<Value>& reads, const std::vector<Value>& writes, std::size_t workspace = 0) {
  PlanOp op{.name = name, .layer = "test", .reads = reads, .writes = writes, .workspace_bytes = workspace};
  op.run = [reads, writes](const Binding& v, View scratch, Stream&) {
    if (scratch) std::memset(scratch.data, 0xff, scratch.bytes());
    std::vector<float> sums;
    for (std::size_t i = 0; i < v[writes[0]].count; ++i) {
      float sum = 1;
      for (const Value r : reads) sum += v[r].as<float>()[i % v[r].count];
      sums.push_back(sum);
    }
    for (const Value w : writes)
      for (std::size_t i = 0; i < v[w].count; ++i) v[w].as<float>()[i] = sums[i % sums.size()];
  };
  return op;
}

struct Bench {
  Cpu cpu{1};
  State state{cpu, {{.name = "w", .shape = {4}}, {.name = "frozen", .shape = {4}, .trainable = false}}, false};
  Planner plan(PlanMode mode = PlanMode::train) { return {state, {.mode = mode, .batch = 1}}; }
};

std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> out;
  for (const auto& op : plan.operations()) out.push_back(op.name);
  return out;
}

std::vector<float> floats(View view) { return {view.as<float>(), view.as<float>() + view.count}; }

}  // namespace

TEST_CASE("planner: operations that nobody reads are dropped, chains of them too; effects and results stay") {
  Bench b;
  Planner p = b.plan();
  const auto value = [&](const char* name) { return p.tensor(name, 4, DType::f32); };
  const Value a = value("a"), used = value("used"), dead = value("dead"), deader = value("deader"), result = value("result");
  p.add(sum_op("make a", {}, {a}));
  p.add(sum_op("use a", {a}, {used}));
  p.add(sum_op("dead", {a}, {dead}));
  p.add(sum_op("deader", {dead}, {deader}));
  PlanOp effect = sum_op("effect", {used}, {value("ignored")});
  effect.always = true;
  p.add(std::move(effect));
  p.add(sum_op("to the weight", {used}, {p.weight(0)}));
  p.add(sum_op("result", {used}, {result}));
  p.keep(result);
  const auto plan = p.finish();
  CHECK(names(*plan) == std::vector<std::string>{"make a", "use a", "effect", "to the weight", "result"});
  plan->run();
  CHECK(floats(plan->view(result)) == std::vector<float>(4, 3));
  CHECK(b.state.read(0).as<float>()[3] == 3);
  check::memory_is_disjoint(*plan);
  CHECK(!plan->view(dead));
}

TEST_CASE("planner: random graphs compute in one arena what they compute in memory of their own") {
  std::mt19937 random(11);
  const auto draw = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (int round = 0; round < 60; ++round) {
    Bench b;
    Planner p = b.plan();
    std::vector<Value> values;
    std::vector<std::vector<float>> expected;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < 25; ++i) {
      std::vector<Value> reads;
      const std::size_t count = 4 << draw(6);
      std::vector<float> want(count, 1);
      for (std::size_t k = values.empty() ? 0 : 1 + draw(3); k > 0; --k) {
        const std::size_t from = values.size() - 1 - draw(std::min<std::size_t>(values.size(), 6));
        reads.push_back(values[from]);
        for (std::size_t e = 0; e < count; ++e) want[e] += expected[from][e % expected[from].size()];
      }
      Value out = p.tensor("v" + std::to_string(i), static_cast<std::int64_t>(count), DType::f32);
      p.add(sum_op("op", reads, {out}, draw(3) == 0 ? 100 * (1 + draw(9)) : 0));
      if (draw(4) == 0) out = p.alias(out, "alias");
      values.push_back(out);
      expected.push_back(std::move(want));
      if (draw(5) == 0) {
        p.keep(out);
        kept.push_back(i);
      }
    }
    p.keep(values.back());
    kept.push_back(values.size() - 1);
    const auto plan = p.finish();
    check::memory_is_disjoint(*plan);
    CHECK(plan->arena_bytes() <= plan->naive_bytes() + 64 * (2 * values.size()) + 1000 * values.size());
    for (int run = 0; run < 2; ++run) plan->run();
    for (const std::size_t i : kept) REQUIRE(floats(plan->view(values[i])) == expected[i]);
  }
}

TEST_CASE("planner: gradients of a value with several consumers add up; a shared one is not overwritten") {
  Bench b;
  Planner p = b.plan();
  const Value x = p.tensor("x", 4, DType::f32), y = p.tensor("y", 4, DType::f32);
  p.add(sum_op("x", {}, {x}));
  p.require_gradient(x, true);
  p.require_gradient(y, true);
  const auto give = [&](Value of, const char* name) { p.contribute(of, [&](Value d) { p.add(sum_op(name, {}, {d})); }); };
  give(x, "first");
  const Value once = p.gradient(x);
  CHECK(p.exclusive(once));
  give(x, "second");
  CHECK(p.gradient(x) != once);
  p.pass_gradient(y, p.gradient(x));
  CHECK(p.gradient(y) == p.gradient(x));
  CHECK(!p.exclusive(p.gradient(y)));
  p.pass_gradient(y, once);
  p.keep(p.gradient(x));
  p.keep(p.gradient(y));
  const Value dx = p.gradient(x), dy = p.gradient(y);
  const auto plan = p.finish();
  plan->run();
  CHECK(floats(plan->view(dx)) == std::vector<float>(4, 2));
  CHECK(floats(plan->view(dy)) == std::vector<float>(4, 3));
  check::memory_is_disjoint(*plan);
}

TEST_CASE("planner: weights used twice get the sum, frozen ones and unwanted gradients nothing") {
  Bench b;
  Planner p = b.plan();
  int asked = 0;
  const auto give = [&](std::size_t weight) {
    p.contribute_weight(weight, [&](Value d) {
      ++asked;
      p.add(sum_op("d", {}, {d}));
    });
  };
  give(0);
  give(0);
  give(0);
  give(1);  // frozen
  const Value data = p.tensor("data", 4, DType::f32);
  p.contribute(data, [&](Value) { ++asked; });
  p.pass_gradient(data, data);
  CHECK(asked == 3);
  CHECK(!p.has_gradient(data));
  p.finish()->run();
  CHECK(floats(b.state.gradient(0)) == std::vector<float>(4, 3));

  Planner evaluation = b.plan(PlanMode::evaluate);
  const Value x = evaluation.tensor("x", 4, DType::f32);
  evaluation.require_gradient(x, true);
  CHECK(!evaluation.requires_gradient(x));
}

TEST_CASE("planner: backward runs in reverse order, and what it registers runs too") {
  Bench b;
  Planner p = b.plan();
  std::string order;
  p.on_backward([&] { order += "a"; });
  p.on_backward([&] {
    order += "b";
    p.on_backward([&] { order += "c"; });
  });
  p.backward();
  CHECK(order == "bca");
}

TEST_CASE("planner: packed weights follow every step in training, and a change of weights otherwise") {
  for (const bool training : {true, false}) {
    Bench b;
    Planner p = b.plan(training ? PlanMode::train : PlanMode::predict);
    int packed = 0;
    const Value pack = p.pack("layer", p.weight(0), 16, [&](ConstView from, View to, Stream&) {
      ++packed;
      std::memcpy(to.data, from.data, 16);
    });
    const Value out = p.tensor("out", 4, DType::f32);
    p.add({.name = "use", .reads = {pack}, .writes = {out}, .run = [pack, out](const Binding& v, View, Stream&) {
             std::memcpy(v[out].data, v[pack].data, 16);
           }});
    p.keep(out);
    const auto plan = p.finish();
    CHECK(plan->packing().size() == (training ? 0 : 1));
    CHECK(plan->kept_bytes() == (training ? 0 : 16));
    plan->run();
    plan->run();
    CHECK(packed == (training ? 2 : 1));
    b.state.write(0, Array::from<float>({4}, std::vector<float>{1, 2, 3, 4}));
    plan->run();
    CHECK(packed == (training ? 3 : 2));
    CHECK(floats(plan->view(out)) == std::vector<float>{1, 2, 3, 4});
  }
}

TEST_CASE("planner: what is kept survives from run to run; what is bound is read through its aliases; a wrong type is refused") {
  Bench b;
  Planner p = b.plan(PlanMode::evaluate);
  const Value sum = p.kept("sum", 4, DType::f32), x = p.bound("x", 4, DType::f32), same = p.alias(x, "same");
  p.add({.name = "accumulate", .reads = {same, sum}, .writes = {sum}, .run = [same, sum](const Binding& v, View, Stream&) {
           for (std::size_t i = 0; i < 4; ++i) v[sum].as<float>()[i] += v[same].as<float>()[i];
         }});
  const auto plan = p.finish();
  const std::vector<float> ones(4, 1), tens(4, 10);
  plan->bind(x, {ones.data(), DType::f32, 4});
  plan->run();
  plan->bind(x, {tens.data(), DType::f32, 4});
  plan->run();
  CHECK(floats(plan->view(sum)) == std::vector<float>(4, 11));
  CHECK(plan->arena_bytes() == 0);
  CHECK_THROWS_WITH_AS(plan->bind(x, {ones.data(), DType::i32, 4}), doctest::Contains("float32"), Error);
  CHECK_THROWS_AS(plan->bind(sum, {ones.data(), DType::f32, 4}), Error);
}
