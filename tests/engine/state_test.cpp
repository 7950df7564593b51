#include "engine/state.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "kernels/cpu.h"

using namespace lehr;

namespace {

/// Trained, frozen and statistics mixed, with sizes that leave gaps.
std::vector<StateTensor> mixed() {
  return {{.name = "a/kernel", .shape = {3, 5}},
          {.name = "a/moving_mean", .shape = {5}, .statistic = true},
          {.name = "b/kernel", .shape = {17}, .trainable = false},
          {.name = "c/kernel", .shape = {2, 2}, .decays = false},
          {.name = "c/moving_mean", .shape = {33}, .statistic = true}};
}

std::vector<float> counted(std::size_t n, float start) {
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = start + static_cast<float>(i);
  return out;
}

void fill(State& state) {
  for (std::size_t i = 0; i < state.tensors().size(); ++i) {
    const Shape& shape = state.tensors()[i].shape;
    state.write(i, Array::from<float>(shape, counted(static_cast<std::size_t>(shape.elements()), 100 * static_cast<float>(i + 1))));
  }
}

}  // namespace

TEST_CASE("state: trained tensors first, then frozen ones, statistics apart; every tensor on a boundary of 64 bytes") {
  Cpu cpu(1);
  State state(cpu, mixed(), false);
  const auto& t = state.tensors();
  CHECK(t[0].offset == 0);
  CHECK(t[3].offset == 16);
  CHECK(state.trainable_count() == 32);
  CHECK(t[2].offset == 32);
  CHECK(state.parameters().count == 32 + 32);
  CHECK(t[1].offset == 0);
  CHECK(t[4].offset == 16);
  CHECK(state.gradients().count == 32);
  for (std::size_t i = 0; i < t.size(); ++i) {
    CHECK(reinterpret_cast<std::uintptr_t>(state.value(i).data) % 64 == 0);
    CHECK(state.value(i).count == static_cast<std::size_t>(t[i].shape.elements()));
    CHECK(static_cast<bool>(state.gradient(i)) == t[i].trainable);
  }
  CHECK(!t[1].trainable);
  const auto segments = state.segments();
  REQUIRE(segments.size() == 2);
  CHECK((segments[0].offset == 0 && segments[0].count == 15 && segments[0].decays));
  CHECK((segments[1].offset == 16 && segments[1].count == 4 && !segments[1].decays));
  CHECK(state.find("c/kernel") == 3);
  CHECK(state.find("d/kernel") == t.size());
}

TEST_CASE("state: what is written is read, snapshots come back, and the version tells that weights moved") {
  Cpu cpu(1);
  State state(cpu, mixed(), true);
  for (std::size_t i = 0; i < 5; ++i) {
    const Array start = state.read(i);
    for (const float v : start.as<float>()) CHECK(v == 0);
  }
  auto version = state.version();
  fill(state);
  CHECK(state.version() != version);
  CHECK(state.read(2).as<float>()[16] == 316);
  const auto saved = state.snapshot();
  state.write(0, Array::from<float>({3, 5}, std::vector<float>(15, -1)));
  state.write(4, Array::from<float>({33}, std::vector<float>(33, -1)));
  version = state.version();
  state.restore(saved);
  CHECK(state.version() != version);
  CHECK(state.snapshot() == saved);
  CHECK(state.read(4).as<float>()[32] == 532);
  // The bfloat16 copy follows: 104 is exact in it.
  CHECK(static_cast<float>(state.copy_of(0).as<bf16>()[4]) == 104);
  CHECK(!state.copy_of(1));
  CHECK_THROWS_WITH_AS(state.write(0, Array(Shape{5, 3}, DType::f32)), doctest::Contains("expected (3, 5), got (5, 3)"), Error);
}

TEST_CASE("state: slots are zero when made, stay while their number stays, and lie over the trained part") {
  Cpu cpu(1);
  State state(cpu, mixed(), false);
  CHECK(state.slots().count == 0);
  state.set_slots(2);
  CHECK(state.slots().count == 64);
  for (std::size_t i = 0; i < 64; ++i) CHECK(state.slots().as<float>()[i] == 0);
  state.slots().as<float>()[5] = 3;
  state.set_slots(2);
  CHECK(state.slots().as<float>()[5] == 3);
  state.set_slots(1);
  CHECK(state.slots().count == 32);
  CHECK(state.slots().as<float>()[5] == 0);
}

TEST_CASE("state: counters and step table go in and out") {
  Cpu cpu(1);
  State state(cpu, {}, false);
  CHECK(state.read_counters().step == 0);
  state.write_counters({.step = 7, .cursor = 3, .sample = 96, .stop = 1});
  const auto counters = state.read_counters();
  CHECK((counters.step == 7 && counters.cursor == 3 && counters.sample == 96 && counters.stop == 1));
  state.upload_step_table({StepRow{.learning_rate = 0.5F}, StepRow{.learning_rate = 0.25F, .apply = 0}});
  CHECK(state.step_table()[1].learning_rate == 0.25F);
  CHECK(state.step_table()[1].apply == 0);
  const auto* place = state.step_table();
  state.upload_step_table({StepRow{.learning_rate = 2}});
  CHECK(state.step_table() == place);  // a shorter table keeps the place that plans may hold
  CHECK(state.step_table()[0].learning_rate == 2);
  CHECK(state.snapshot().empty());
}
