// losses.h: what training minimizes. Names and options are Keras's; all of them are one kernel family (kernels/loss.h).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "engine/planner.h"
#include "engine/spec/convert.h"
#include "kernels/loss.h"

namespace lehr {

struct SparseCategoricalCrossentropy {
  static constexpr SpecInfo info{.name = "sparse_categorical_crossentropy",
                                 .class_name = "SparseCategoricalCrossentropy",
                                 .summary = "classes given as ids",
                                 .formula = "loss = -log p[label]"};
  bool from_logits = false;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("from_logits", self.from_logits, "the outputs are scores, not probabilities");
  }
};
struct CategoricalCrossentropy {
  static constexpr SpecInfo info{.name = "categorical_crossentropy",
                                 .class_name = "CategoricalCrossentropy",
                                 .summary = "classes given one-hot",
                                 .formula = "loss = -sum_k y_k log p_k, y <- y(1 - s) + s/classes"};
  bool from_logits = false;
  double label_smoothing = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("from_logits", self.from_logits, "the outputs are scores, not probabilities");
    f("label_smoothing", self.label_smoothing, "s: share of the label spread over all classes");
  }
};
struct BinaryCrossentropy {
  static constexpr SpecInfo info{.name = "binary_crossentropy",
                                 .class_name = "BinaryCrossentropy",
                                 .summary = "two classes, or independent labels",
                                 .formula = "loss = mean -(y log p + (1-y) log(1-p)), y <- y(1 - s) + s/2"};
  bool from_logits = false;
  double label_smoothing = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("from_logits", self.from_logits, "the outputs are scores, not probabilities");
    f("label_smoothing", self.label_smoothing, "s: share of the label moved to 1/2");
  }
};
struct MeanSquaredError {
  static constexpr SpecInfo info{
      .name = "mean_squared_error", .class_name = "MeanSquaredError", .summary = "regression", .formula = "loss = mean (y - p)^2"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct MeanAbsoluteError {
  static constexpr SpecInfo info{
      .name = "mean_absolute_error", .class_name = "MeanAbsoluteError", .summary = "regression, robust", .formula = "loss = mean |y - p|"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct Huber {
  static constexpr SpecInfo info{.name = "huber",
                                 .class_name = "Huber",
                                 .summary = "squared near zero, absolute beyond delta",
                                 .formula = "loss = mean e^2/2 for |e| <= delta, delta|e| - delta^2/2 otherwise"};
  double delta = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("delta", self.delta, "where the square ends");
  }
};
using Loss =
    std::variant<SparseCategoricalCrossentropy, CategoricalCrossentropy, BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError, Huber>;

LossKind kind_of(const Loss& loss);
std::string_view name_of(const Loss& loss);
bool from_logits(const Loss& loss);
bool takes_ids(const Loss& loss);  ///< labels are class ids (i32), not f32 rows

const std::vector<std::vector<std::string>>& loss_names();
template <>
struct SpecConvert<Loss> {
  static Loss from(const SpecValue& value);
  static SpecValue to(const Loss& loss);
  static std::string expects() { return "a loss"; }
};

/// What the loss needs to know about the data and the outputs; values exist already.
struct LossInputs {
  Value outputs;  ///< of the network
  Value labels;
  Value sample_weights = {}, class_weights = {};
};
struct LossOutputs {
  Value per_sample;  ///< [n] f32, weighted
  Value scores;      ///< what metrics look at: logits where there are some
  bool scores_are_logits = false;
};
/// Emits the loss and, in training, gives the outputs (or the logits behind them) their gradient.
LossOutputs emit_loss(Planner& planner, const Loss& loss, const LossInputs& in, std::int64_t classes);

}  // namespace lehr
