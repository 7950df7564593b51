// step_plan.h: one step of training, evaluation or prediction as a Plan: gather -> forward -> loss and metrics -> backward -> optimizer -> counters.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/plan.h"
#include "engine/planner.h"
#include "kernels/metrics.h"
#include "layers/losses.h"
#include "layers/metrics.h"
#include "layers/network.h"
#include "optim/optimizer.h"

namespace lehr {

/// VGG-16's own: BGR, the ImageNet mean taken off, no division.
enum class Preprocess : std::uint8_t { none, vgg16 };

/// How stored samples become the network's input: (x * scale + offset), channels reversed first for vgg16.
struct InputTransform {
  std::vector<double> scale = {}, offset = {};
  bool bgr = false;
  bool bytes_only = false;  ///< of uint8 samples; float ones go in as they are
  InputTransform of(DType samples) const { return bytes_only && samples != DType::u8 ? InputTransform{} : *this; }
};
InputTransform rescaling(double factor);
InputTransform preprocessing(Preprocess preprocess);

/// What a plan is made for. Two data sets of the same form share a plan.
struct StepForm {
  DType x = DType::u8;
  Shape sample = {};
  bool ids = true;                 ///< labels are class ids
  std::int64_t label_columns = 1;  ///< of float labels
  InputTransform input = {};
  bool class_weights = false, sample_weights = false;
  friend bool operator==(const StepForm& a, const StepForm& b) {
    return a.x == b.x && a.sample == b.sample && a.ids == b.ids && a.label_columns == b.label_columns && a.input.scale == b.input.scale &&
           a.input.offset == b.input.offset && a.input.bgr == b.input.bgr && a.class_weights == b.class_weights &&
           a.sample_weights == b.sample_weights;
  }
};
StepForm form_of(const Dataset& data, const InputTransform& input, bool class_weights = false);

struct StepPlan {
  std::unique_ptr<Plan> plan;
  Value x, y, permutation, class_weights;  ///< to be bound
  Value sample_weights;                    ///< likewise, where the form has them
  std::vector<Value> sums;                 ///< [2] f64 each: the loss, then every metric; their ratio is the mean
  /// To be bound, tables of all rows: outputs [rows, ...] f32 of a prediction, or where they are asked for; evaluate: predicted ids [rows] i32.
  Value outputs, predicted;
  Value trace;  ///< of a range test

  void zero_sums(Backend& backend) const;
  std::vector<double> means(Backend& backend) const;      ///< loss, metrics; NaN before the first sample
  std::vector<double> read_sums(Backend& backend) const;  ///< raw, for checkpoints
  void write_sums(Backend& backend, const std::vector<double>& values) const;
};

struct StepRequest {
  const BuiltNetwork& network;
  State& state;
  PlanOptions options;
  StepForm form;
  std::optional<Loss> loss = {};  ///< not for prediction
  std::vector<Metric> metrics = {};
  const Optimizer* optimizer = nullptr;          ///< training
  const Network* augmentation = nullptr;         ///< training: layers in front, on 0-255
  bool store_outputs = false;                    ///< training, evaluation: the outputs too, for what needs all of them
  bool stop_on_nan = false;                      ///< training: a loss that is no number sets the stop flag before this step's update
  std::optional<RangeTestSpec> range_test = {};  ///< training: every step's loss goes into a trace; divergence sets the stop flag
};
/// Layers in front of the training plan may have no weights and must keep the samples' shape: Error{usage}.
void check_augmentation(const Network& augmentation, const Shape& sample);
StepPlan make_step_plan(const StepRequest& request);

}  // namespace lehr
