// loss_run.h: a loss and a metric on given outputs and labels, through a Plan.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/planner.h"
#include "kernels/cpu.h"
#include "layers/losses.h"
#include "layers/metrics.h"

namespace lehr::check {

struct LossRunResult {
  std::vector<float> per_sample;  ///< weighted
  std::vector<float> gradient;    ///< of the mean, by the outputs
  std::vector<float> metric;      ///< per sample, where one was asked for
  double loss() const {
    double sum = 0;
    for (const float v : per_sample) sum += static_cast<double>(v);
    return sum / static_cast<double>(per_sample.size());
  }
};

struct LossRunInput {
  std::vector<float> outputs;       ///< rows x classes
  std::vector<float> labels;        ///< as many, or one id a row
  std::vector<float> weights = {};  ///< one a row
  std::optional<Metric> metric = {};
};

inline LossRunResult run_loss(const Loss& loss, std::int64_t rows, std::int64_t classes, const LossRunInput& in) {
  Cpu cpu(1);
  State state(cpu, {}, false);
  Planner p(state, {.mode = PlanMode::train, .batch = rows});
  const bool ids = takes_ids(loss);
  const Value outputs = p.bound("outputs", rows * classes, DType::f32);
  p.require_gradient(outputs, true);
  const Value labels = p.bound("labels", static_cast<std::int64_t>(in.labels.size()), ids ? DType::i32 : DType::f32);
  const Value weights = in.weights.empty() ? Value{} : p.bound("weights", rows, DType::f32);
  const LossOutputs out = emit_loss(p, loss, {.outputs = outputs, .labels = labels, .sample_weights = weights}, classes);
  p.keep(out.per_sample);
  const Value gradient = p.gradient(outputs);
  p.keep(gradient);
  const Value metric = in.metric ? emit_metric(p, *in.metric, out, outputs, labels, ids, classes) : Value{};
  if (metric) p.keep(metric);
  const auto plan = p.finish();

  const std::vector<std::int32_t> label_ids(in.labels.begin(), in.labels.end());
  plan->bind(outputs, {in.outputs.data(), DType::f32, in.outputs.size()});
  if (ids)
    plan->bind(labels, {label_ids.data(), DType::i32, label_ids.size()});
  else
    plan->bind(labels, {in.labels.data(), DType::f32, in.labels.size()});
  if (weights) plan->bind(weights, {in.weights.data(), DType::f32, in.weights.size()});
  plan->run();
  const auto read = [&](Value value) {
    const View view = plan->view(value);
    return std::vector<float>(view.as<float>(), view.as<float>() + view.count);
  };
  return {.per_sample = read(out.per_sample), .gradient = read(gradient), .metric = metric ? read(metric) : std::vector<float>{}};
}

}  // namespace lehr::check
