// Whole networks through the planner: memory, branches, a layer used twice, frozen bases.
#include <doctest/doctest.h>

#include <cmath>

#include "layers/dense.h"
#include "layers/zoo/zoo.h"
#include "tests/check/network_run.h"
#include "tests/check/plan_memory.h"

using namespace lehr;
using check::NetworkRun;

TEST_CASE("plans: VGG-16 infers in less than 60 % of the memory that all its activations take") {
  for (const std::int64_t side : {100, 224}) {
    const BuiltNetwork built(zoo::vgg16({.include_top = false}), {side, side, 3});
    Cpu cpu(1);
    State state(cpu, built.tensors(), false);
    Planner p(state, {.mode = PlanMode::predict, .batch = 1});
    const Value x = p.tensor("input", built.input().elements(), DType::f32);
    p.add({.name = "gather", .layer = "input", .reads = {}, .writes = {x}, .run = {}});
    p.keep(built.emit(p, x).back());
    const auto plan = p.finish();
    check::memory_is_disjoint(*plan);
    // Activations alone, by the layers' shapes: what keeping all of them would cost.
    std::size_t activations = 4 * static_cast<std::size_t>(built.input().elements());
    for (const auto& layer : built.layers()) activations += 4 * static_cast<std::size_t>(layer.output.elements());
    MESSAGE("vgg16 at ", side, ": arena ", plan->arena_bytes(), " of ", activations, " bytes");
    CHECK(static_cast<double>(plan->arena_bytes()) <= 0.6 * static_cast<double>(activations));
    CHECK(plan->naive_bytes() == activations);
  }
}

TEST_CASE("plans: nothing that is needed is overwritten, in training and inference, with branches and without") {
  const std::vector<std::pair<std::string, Shape>> networks{
      {"conv2d(4, 3, padding=same, activation=relu) | max_pooling2d | batch_normalization | flatten | dense(8, gelu) | dropout(0.5) | "
       "dense(3, softmax)",
       {8, 8, 3}},
      {"conv2d(4, 3, padding=same) | repeat(3, add(identity, batch_normalization | relu | conv2d(4, 3, padding=same))) | "
       "global_average_pooling2d | "
       "dense(2)",
       {7, 5, 3}},
      {"concatenate(conv2d(2, 1), conv2d(3, 3, padding=same, activation=tanh), max_pooling2d(3, strides=1, padding=same)) | "
       "add(identity, conv2d(6, 1, activation=relu), identity) | flatten | dense(2, sigmoid)",
       {6, 6, 1}},
      {"vgg11(width=32) | global_average_pooling2d | dense(4, softmax)", {32, 32, 3}}};
  for (const auto& [text, input] : networks) {
    CAPTURE(text);
    std::vector<float> first;
    for (const PlanMode mode : {PlanMode::predict, PlanMode::evaluate, PlanMode::train}) {
      NetworkRun run(network_from_text(text), input, {.mode = mode, .batch = 3});
      CHECK(check::memory_is_disjoint(run.plan()) > 4);
      CHECK(run.plan().arena_bytes() < run.plan().naive_bytes() + 64 * run.plan().values().size() + (std::size_t{1} << 20));
      const std::vector<float> x(3 * static_cast<std::size_t>(input.elements()), 0.5F);
      const auto y = run.run(x);
      CHECK(run.run(x) == y);  // the second step finds the arena as the first left it
      if (mode == PlanMode::predict) first = y;
      if (mode == PlanMode::evaluate) CHECK(y == first);
    }
  }
}

// y = f(f(x)) with one kernel: its gradient is the sum over both places.
TEST_CASE("plans: a layer used twice gets the gradients of both uses") {
  Cpu cpu(1);
  const BuiltNetwork built(network_from_text("dense(3, tanh)"), {3});
  State state(cpu, built.tensors(), false);
  built.initialize(state, 4);
  Planner p(state, {.mode = PlanMode::train, .batch = 2});
  const Value x = p.bound("x", 6, DType::f32);
  const Value y = built.emit(p, built.emit(p, x).back()).back();
  p.keep(y);
  p.contribute(y, [&](Value dy) {
    p.add({.name = "ones", .reads = {}, .writes = {dy}, .run = [dy](const Binding& v, View, Stream&) {
             for (std::size_t i = 0; i < 6; ++i) v[dy].as<float>()[i] = 1;
           }});
  });
  p.backward();
  const auto plan = p.finish();
  check::memory_is_disjoint(*plan);
  const std::vector<float> numbers{0.3F, -0.7F, 0.2F, 0.9F, 0.1F, -0.4F};
  plan->bind(x, {numbers.data(), DType::f32, 6});
  const auto objective = [&] {
    plan->run();
    double sum = 0;
    for (std::size_t i = 0; i < 6; ++i) sum += static_cast<double>(plan->view(y).as<float>()[i]);
    return sum;
  };
  objective();
  for (const std::size_t weight : {std::size_t{0}, std::size_t{1}}) {
    const View dw = state.gradient(weight);
    const std::vector<float> got(dw.as<float>(), dw.as<float>() + dw.count);
    for (std::size_t i = 0; i < got.size(); ++i) {
      constexpr float h = 1.0F / 256;
      float& w = state.value(weight).as<float>()[i];
      const float kept = w;
      w = kept + h;
      const double above = objective();
      w = kept - h;
      const double below = objective();
      w = kept;
      CHECK(static_cast<double>(got[i]) == doctest::Approx((above - below) * 128).epsilon(2e-3));
    }
  }
}

TEST_CASE("plans: a frozen base costs no backward operations") {
  const auto operations = [](const std::string& glob, bool input_gradient) {
    Network net =
        network_from_text("conv2d(4, 3, name=base_1) | conv2d(4, 3, activation=relu, name=base_2) | flatten | dense(2, name=head)");
    if (!glob.empty()) net.freeze(glob);
    const NetworkRun run(net, {8, 8, 3}, {.mode = PlanMode::train, .batch = 2, .input_gradient = input_gradient});
    int backward = 0;
    for (const auto& op : run.plan().operations())
      if (op.layer.starts_with("base") && (op.name.find("d ") != std::string::npos || op.name.find("backward") != std::string::npos))
        ++backward;
    return backward;
  };
  CHECK(operations("base*", false) == 0);
  CHECK(operations("", false) > 3);
  CHECK(operations("base_1", false) > 0);
  CHECK(operations("base*", true) > 0);  // someone wants the input's gradient
}
