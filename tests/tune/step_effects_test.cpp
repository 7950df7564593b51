// What a training step may change: everything while it runs, nothing after a stop; and the bfloat16 copy is always that of the weights.
#include <doctest/doctest.h>

#include "tests/check/small_training.h"
#include "tune/step_plan.h"

using namespace lehr;

namespace {

/// One network with everything that a step moves: weights, slots, moving statistics, a constraint that bites.
class Steps {
 public:
  explicit Steps(Precision precision)
      : backend_(2),
        network_(network(), {12, 12, 3}),
        state_(backend_, network_.tensors(), precision == Precision::mixed_bfloat16),
        data_(check::small_dataset(8)) {
    network_.initialize(state_, 0);
    step_ = make_step_plan({.network = network_,
                            .state = state_,
                            .options = {.mode = PlanMode::train, .batch = 8, .precision = precision},
                            .form = form_of(data_, rescaling(1.0 / 255)),
                            .loss = SparseCategoricalCrossentropy{},
                            .metrics = {},
                            .optimizer = &optimizer_});
    step_.plan->bind(step_.x, {data_.x.data(), DType::u8, data_.x.count()});
    step_.plan->bind(step_.y, {data_.y.data(), DType::i32, data_.y.count()});
    state_.refresh_copy();
  }
  void run(StepCounters counters, std::uint32_t apply = 1) {
    StepRow row = optimizer_.row(0, 0.01);
    row.apply = apply;
    state_.upload_step_table({row});
    state_.write_counters(counters);
    step_.plan->run();
  }

  struct Contents {
    std::vector<float> weights, slots;
    std::vector<std::uint16_t> copy;
    bool operator==(const Contents&) const = default;
  };
  Contents contents() const {
    Contents c{state_.snapshot(), {}, {}};
    const View slots = state_.slots(), copy = state_.copy();
    c.slots.assign(slots.as<float>(), slots.as<float>() + slots.count);
    for (std::size_t i = 0; i < copy.count; ++i) c.copy.push_back(copy.as<bf16>()[i].bits);
    return c;
  }
  std::vector<float> values(const std::string& name) const {
    const Array a = state_.read(state_.find(name));
    return {a.as<float>().begin(), a.as<float>().end()};
  }
  /// Elements of the copy that are not the weight, rounded.
  std::size_t stale() const {
    std::size_t count = 0;
    for (std::size_t t = 0; t < state_.tensors().size(); ++t) {
      if (state_.tensors()[t].statistic) continue;
      const View w = state_.value(t), copy = state_.copy_of(t);
      for (std::size_t i = 0; i < w.count; ++i) count += copy.as<bf16>()[i].bits != bf16(w.as<float>()[i]).bits ? 1 : 0;
    }
    return count;
  }

 private:
  static Network network() {
    Network net = check::small_network();
    return net.add(Dense{.units = 4, .activation = Activation::softmax, .kernel_constraint = max_norm(0.3), .name = "bounded"});
  }
  Cpu backend_;
  BuiltNetwork network_;
  State state_;
  Dataset data_;
  Optimizer optimizer_ = Adam{};
  StepPlan step_;
};

}  // namespace

TEST_CASE("a step after a stop changes no weight, slot, statistic or copy") {
  for (const Precision precision : {Precision::float32, Precision::mixed_bfloat16}) {
    Steps steps(precision);
    steps.run({});
    const auto before = steps.contents();
    steps.run({.step = 1, .stop = 1});
    CHECK(steps.contents() == before);
    steps.run({.step = 1});
    CHECK(steps.contents() != before);
  }
}

TEST_CASE("a step that only accumulates moves statistics alone, as every batch does in Keras") {
  Steps steps(Precision::mixed_bfloat16);
  steps.run({});
  const auto before = steps.contents();
  const auto mean = steps.values("batch_normalization/moving_mean"), kernel = steps.values("bounded/kernel");
  steps.run({.step = 1}, 0);
  const auto after = steps.contents();
  CHECK(after.slots == before.slots);
  CHECK(after.copy == before.copy);
  CHECK(steps.values("bounded/kernel") == kernel);
  CHECK(steps.values("batch_normalization/moving_mean") != mean);
}

TEST_CASE("the bfloat16 copy follows the weights through the optimizer and through constraints") {
  Steps steps(Precision::mixed_bfloat16);
  for (std::int64_t i = 0; i < 3; ++i) {
    steps.run({.step = i});
    CHECK(steps.stale() == 0);
  }
}
