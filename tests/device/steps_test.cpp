// A step is one launch: no copy between host and device, no allocation after the first, and the bits of a step whose operations were started
// one by one. The backend counts.
#include <doctest/doctest.h>

#include "tests/device/networks.h"
#include "tune/device_rows.h"
#include "tune/step_plan.h"

namespace lehr::check {
namespace {

CudaCounters operator-(const CudaCounters& a, const CudaCounters& b) {
  return {.launches = a.launches - b.launches,
          .graph_launches = a.graph_launches - b.graph_launches,
          .host_copies = a.host_copies - b.host_copies,
          .device_copies = a.device_copies - b.device_copies,
          .allocations = a.allocations - b.allocations};
}

/// What the device was asked for between the end of step `from` and the end of step `to` of an epoch (counted from 1).
CudaCounters of_steps(const TrainingCase& c, std::int64_t from, std::int64_t to) {
  const auto cuda = device();
  const Dataset data = training_rows(c, (to + 1) * 8);
  Model model = training_model(c, cuda);
  CudaCounters first, last;
  std::int64_t step = 0;
  model.fit(data, {.epochs = 1, .batch_size = 8, .class_weights = c.class_weights, .augmentation = c.augmentation, .interrupted = [&] {
                     ++step;
                     if (step == from) first = cuda->counters();
                     if (step == to) last = cuda->counters();
                     return false;
                   }});
  return last - first;
}

void only_launches(const CudaCounters& c, std::int64_t steps) {
  CHECK(c.graph_launches == steps);
  CHECK(c.launches == 0);
  CHECK(c.host_copies == 0);
  CHECK(c.device_copies == 0);
  CHECK(c.allocations == 0);
}

}  // namespace

TEST_CASE("steps: training is one launch a step, and nothing else, whatever the network and the optimizer") {
  for (const TrainingCase& c : training_cases()) {
    CAPTURE(c.name);
    only_launches(of_steps(c, 1, 3), 2);
  }
}

TEST_CASE("steps: evaluation and prediction copy results to the host once, at the end") {
  const TrainingCase c = training_cases()[1];
  const auto cuda = device();
  Model model = training_model(c, cuda);
  const Dataset data = training_rows(c, 8 * 6);
  std::int64_t asked = 0;
  CudaCounters first, last;
  const auto note = [&] {
    ++asked;
    if (asked == 2) first = cuda->counters();
    if (asked == 6) last = cuda->counters();
    return false;
  };
  const Evaluation evaluated = model.evaluate(data, 8, note);
  CHECK(asked == 6);
  only_launches(last - first, 4);
  CHECK(evaluated.predicted.size() == 48);

  // Of prediction, the whole of two calls: twice the batches cost launches only.
  const auto of_prediction = [&](std::int64_t batches) {
    const Dataset rows = training_rows(c, 8 * batches);
    const CudaCounters before = cuda->counters();
    model.predict(rows.x, 8);
    return cuda->counters() - before;
  };
  const CudaCounters three = of_prediction(3), six = of_prediction(6);
  only_launches(six - three, 3);
}

TEST_CASE("steps: an epoch's validation is replayed, too") {
  const TrainingCase c = training_cases()[2];
  const auto cuda = device();
  Model model = training_model(c, cuda);
  const Dataset data = training_rows(c, 8 * 3), validation = training_rows(c, 8 * 2 + 3);
  std::vector<CudaCounters> after;
  model.fit(data, {.epochs = 4, .batch_size = 8, .validation_data = &validation, .on_epoch = [&](const TrainingState&) {
                     after.push_back(cuda->counters());
                   }});
  const CudaCounters third = after[2] - after[1], fourth = after[3] - after[2];
  for (const CudaCounters& epoch : {third, fourth}) {
    CHECK(epoch.launches == 0);
    CHECK(epoch.graph_launches == 3 + 3);
    CHECK(epoch.allocations == 0);
  }
  CHECK(third.host_copies == fourth.host_copies);
}

TEST_CASE("steps: replayed ones have the bits of those started one by one") {
  for (const TrainingCase& c : training_cases()) {
    CAPTURE(c.name);
    std::vector<float> weights[2];
    for (const bool record : {false, true}) {
      const auto cuda = device();
      const Dataset data = training_rows(c, 8);
      const BuiltNetwork built(c.network, data.sample_shape());
      State state(*cuda, built.tensors(), c.precision == Precision::mixed_bfloat16);
      built.initialize(state, 1);
      const Optimizer optimizer = SpecConvert<Optimizer>::from(parse_spec(c.optimizer, "test"));
      const Loss loss = default_loss(data, built);
      StepForm form = form_of(data, rescaling(1.0 / 255), !c.class_weights.empty());
      form.ids = takes_ids(loss);
      const Array y = labels_for(data, form.ids);
      const StepPlan step = make_step_plan({.network = built,
                                            .state = state,
                                            .options = {.mode = PlanMode::train, .batch = 8, .precision = c.precision, .record = record},
                                            .form = form,
                                            .loss = loss,
                                            .optimizer = &optimizer,
                                            .augmentation = &c.augmentation});
      const DeviceRows x_rows(*cuda, data.x), y_rows(*cuda, y);
      step.plan->bind(step.x, x_rows.view());
      step.plan->bind(step.y, y_rows.view());
      Buffer class_weights(*cuda, c.class_weights.size() * sizeof(float));
      cuda->copy_in(class_weights.data(), c.class_weights.data(), class_weights.bytes());
      if (form.class_weights) step.plan->bind(step.class_weights, {class_weights.data(), DType::f32, c.class_weights.size()});
      constexpr std::int64_t steps = 3;
      std::vector<StepRow> rows;
      for (std::int64_t i = 0; i < steps; ++i) rows.push_back(optimizer.row(i, optimizer.learning_rate().base().value()));
      state.upload_step_table(rows);
      for (std::int64_t i = 0; i < steps; ++i) {
        auto counters = state.read_counters();
        counters.sample = 0;  // the same batch again
        state.write_counters(counters);
        step.plan->run();
      }
      CHECK((step.plan->recording() != nullptr) == record);
      CHECK(cuda->counters().graph_launches == (record ? steps - 1 : 0));
      weights[record ? 1 : 0] = state.snapshot();
    }
    CHECK(weights[0] == weights[1]);
  }
}

TEST_CASE("steps: several of them are one launch where that is wanted, with the same bits") {
  for (const std::size_t i : {0, 2}) {
    const TrainingCase c = training_cases()[i];
    CAPTURE(c.name);
    const Dataset data = training_rows(c, 8 * 5 + 3);
    const auto trained = [&](const std::shared_ptr<Backend>& backend, std::int64_t together) {
      Model model = training_model(c, backend);
      model.fit(data, {.epochs = 2, .batch_size = 8, .steps_per_execution = together});
      return model.state().snapshot();
    };
    const auto one_by_one = device(), by_three = device();
    CHECK(trained(one_by_one, 1) == trained(by_three, 3));
    // 5 steps and a ragged one. First epoch: a plain step, 2 alone, 2 alone, the ragged one plain. Second: 3 together, 2 alone, 1 ragged.
    CHECK(one_by_one->counters().graph_launches == 4 + 5 + 1);
    CHECK(by_three->counters().graph_launches == 2 + 2 + 1 + 2 + 1);
    const auto cpu = std::make_shared<Cpu>(1);
    CHECK(trained(cpu, 1) == trained(cpu, 3));
  }
}

TEST_CASE("steps: the same seed gives the same bits, in whatever order blocks and threads run; another seed gives others") {
  for (const std::size_t i : {0, 2, 8}) {
    const TrainingCase c = training_cases()[i];
    CAPTURE(c.name);
    const auto trained = [&](std::uint64_t order, const TrainingCase& of) {
      const auto cuda = device();
      reorder(*cuda, order);
      return train(of, cuda, 3, true);
    };
    const Trained a = trained(1, c), b = trained(2, c);
    CHECK(a.weights == b.weights);
    CHECK(a.history.at("loss", 0) == b.history.at("loss", 0));
    TrainingCase other = c;
    other.seed = 6;
    CHECK(trained(1, other).weights != a.weights);
  }
}

}  // namespace lehr::check
