// optimizer_run.h: an optimizer's own operations over a few weights; gradients come from the test.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/planner.h"
#include "kernels/cpu.h"
#include "optim/emit.h"
#include "optim/optimizer.h"

namespace lehr::check {

class OptimizerRun {
 public:
  OptimizerRun(Optimizer optimizer, std::vector<StateTensor> tensors)
      : optimizer_(std::move(optimizer)), state_(cpu_, std::move(tensors), false) {
    Planner p(state_, {.mode = PlanMode::train, .batch = 1});
    emit_optimizer(p, optimizer_);
    emit_advance(p, true);
    plan_ = p.finish();
  }
  void set_weight(std::size_t i, const std::vector<float>& values) {
    state_.write(i, Array::from<float>(state_.tensors()[i].shape, values));
  }
  std::vector<float> weight(std::size_t i) const {
    const Array values = state_.read(i);
    return {values.as<float>().begin(), values.as<float>().end()};
  }
  /// One step; an empty gradient is that of a frozen weight.
  void step(const std::vector<std::vector<float>>& gradients) {
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if (!gradients[i].empty()) cpu_.copy_in(state_.gradient(i).data, gradients[i].data(), gradients[i].size() * sizeof(float));
    auto counters = state_.read_counters();
    counters.cursor = 0;
    state_.write_counters(counters);
    state_.upload_step_table({optimizer_.row(counters.step, rate_->at(counters.step))});
    plan_->run();
  }

 private:
  Cpu cpu_{1};
  Optimizer optimizer_;
  std::unique_ptr<RateCurve> rate_ = optimizer_.learning_rate().curve({.epochs = 1e6});
  State state_;
  std::unique_ptr<Plan> plan_;
};

}  // namespace lehr::check
