// network_run.h: a network through a Plan, as a test sees it: outputs for inputs, and gradients for a gradient of the outputs.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/planner.h"
#include "engine/spec/parse.h"
#include "kernels/cpu.h"
#include "layers/network.h"

namespace lehr::check {

struct NetworkRunOptions {
  PlanMode mode = PlanMode::predict;
  std::int64_t batch = 2;
  Precision precision = Precision::float32;
  std::uint64_t seed = 0;
  bool input_gradient = true;  ///< in training; false: the input is data
  int threads = 1;
};

class NetworkRun {
 public:
  NetworkRun(const Network& network, const Shape& input, NetworkRunOptions options = {})
      : options_(options),
        cpu_(options.threads),
        built_(network, input),
        state_(cpu_, built_.tensors(), options.precision == Precision::mixed_bfloat16) {
    built_.initialize(state_, options.seed);
    Planner p(state_, {.mode = options.mode, .batch = options.batch, .precision = options.precision, .seed = options.seed});
    const auto count = [&](const Shape& shape) { return options.batch * shape.elements(); };
    x_ = p.bound("x", count(input), p.compute_type());
    p.require_gradient(x_, options.input_gradient);
    y_ = built_.emit(p, x_).back();
    p.keep(y_);
    if (p.training() && p.requires_gradient(y_)) {
      dy_ = p.bound("dy", count(built_.output()), p.compute_type());
      p.contribute(y_, [&](Value dy) { p.copy("test", dy_, dy); });
      p.backward();
      if (p.has_gradient(x_)) {
        dx_ = p.gradient(x_);
        p.keep(dx_);
      }
    }
    plan_ = p.finish();
  }

  const BuiltNetwork& built() const { return built_; }
  State& state() { return state_; }
  const Plan& plan() const { return *plan_; }

  /// One run; the step counter stays where it is. Outputs in order, batch first.
  std::vector<float> run(const std::vector<float>& x, const std::vector<float>& dy = {}) {
    bind(x_, x, x_values_);
    if (dy_) bind(dy_, dy.empty() ? std::vector<float>(plan_->view(dy_).count, 0.0F) : dy, dy_values_);
    plan_->run();
    return read(y_);
  }
  std::vector<float> input_gradient() const { return read(dx_); }
  std::vector<float> weight_gradient(std::size_t index) {
    const View view = state_.gradient(index);
    return {view.as<float>(), view.as<float>() + view.count};
  }
  std::vector<float> weight(std::size_t index) const {
    const Array values = state_.read(index);
    return {values.as<float>().begin(), values.as<float>().end()};
  }
  void set_weight(std::size_t index, const std::vector<float>& values) {
    state_.write(index, Array::from<float>(state_.tensors()[index].shape, values));
    state_.refresh_copy();
  }
  void set_step(std::int64_t step) {
    auto counters = state_.read_counters();
    counters.step = step;
    state_.write_counters(counters);
  }

 private:
  void bind(Value value, const std::vector<float>& numbers, Array& held) {
    held =
        Array(Shape{static_cast<std::int64_t>(numbers.size())}, options_.precision == Precision::mixed_bfloat16 ? DType::bf16 : DType::f32);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (held.dtype() == DType::bf16)
        held.as<bf16>()[i] = bf16(numbers[i]);
      else
        held.as<float>()[i] = numbers[i];
    }
    plan_->bind(value, {held.data(), held.dtype(), held.count()});
  }
  std::vector<float> read(Value value) const {
    const View view = plan_->view(value);
    std::vector<float> out(view.count);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = view.dtype == DType::bf16 ? static_cast<float>(view.as<bf16>()[i]) : view.as<float>()[i];
    return out;
  }

  NetworkRunOptions options_;
  Cpu cpu_;
  BuiltNetwork built_;
  State state_;
  Value x_, y_, dy_, dx_;
  Array x_values_, dy_values_;
  std::unique_ptr<Plan> plan_;
};

}  // namespace lehr::check
