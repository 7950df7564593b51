// losses.h: what training minimizes. Names and options are Keras's; all of them are one kernel family (kernels/loss.h).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>

#include "engine/planner.h"
#include "engine/spec/catalogue.h"
#include "engine/spec/convert.h"
#include "kernels/loss.h"

namespace lehr {

struct SparseCategoricalCrossentropy {
  static constexpr LossKind kind = LossKind::sparse_categorical_crossentropy;
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
  static constexpr LossKind kind = LossKind::categorical_crossentropy;
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
  static constexpr LossKind kind = LossKind::binary_crossentropy;
  static constexpr std::array aliases{"bce"};
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
  static constexpr LossKind kind = LossKind::mean_squared_error;
  static constexpr std::array aliases{"mse"};
  static constexpr SpecInfo info{
      .name = "mean_squared_error", .class_name = "MeanSquaredError", .summary = "regression", .formula = "loss = mean (y - p)^2"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct MeanAbsoluteError {
  static constexpr LossKind kind = LossKind::mean_absolute_error;
  static constexpr std::array aliases{"mae"};
  static constexpr SpecInfo info{
      .name = "mean_absolute_error", .class_name = "MeanAbsoluteError", .summary = "regression, robust", .formula = "loss = mean |y - p|"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct Huber {
  static constexpr LossKind kind = LossKind::huber;
  static constexpr std::array aliases{"huber_loss"};
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
struct MeanAbsolutePercentageError {
  static constexpr LossKind kind = LossKind::mean_absolute_percentage_error;
  static constexpr std::array aliases{"mape"};
  static constexpr SpecInfo info{.name = "mean_absolute_percentage_error",
                                 .class_name = "MeanAbsolutePercentageError",
                                 .summary = "regression by relative errors",
                                 .formula = "loss = 100 mean |y - p| / max(|y|, 1e-7)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct MeanSquaredLogarithmicError {
  static constexpr LossKind kind = LossKind::mean_squared_logarithmic_error;
  static constexpr std::array aliases{"msle"};
  static constexpr SpecInfo info{.name = "mean_squared_logarithmic_error",
                                 .class_name = "MeanSquaredLogarithmicError",
                                 .summary = "regression over orders of magnitude",
                                 .formula = "loss = mean (log(1 + y) - log(1 + p))^2"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct LogCosh {
  static constexpr LossKind kind = LossKind::log_cosh;
  static constexpr std::array aliases{"logcosh"};
  static constexpr SpecInfo info{.name = "log_cosh",
                                 .class_name = "LogCosh",
                                 .summary = "squared near zero, absolute far from it, smooth",
                                 .formula = "loss = mean log cosh(p - y)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct Hinge {
  static constexpr LossKind kind = LossKind::hinge;
  static constexpr SpecInfo info{.name = "hinge",
                                 .class_name = "Hinge",
                                 .summary = "two classes -1 and 1 (0 counts as -1) by their margin",
                                 .formula = "loss = mean max(0, 1 - yp)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct SquaredHinge {
  static constexpr LossKind kind = LossKind::squared_hinge;
  static constexpr SpecInfo info{.name = "squared_hinge",
                                 .class_name = "SquaredHinge",
                                 .summary = "two classes -1 and 1 (0 counts as -1), far misses count more",
                                 .formula = "loss = mean max(0, 1 - yp)^2"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct CategoricalHinge {
  static constexpr LossKind kind = LossKind::categorical_hinge;
  static constexpr SpecInfo info{.name = "categorical_hinge",
                                 .class_name = "CategoricalHinge",
                                 .summary = "classes given one-hot, by their margin",
                                 .formula = "loss = max(0, 1 + max_k (1 - y_k) p_k - sum_k y_k p_k)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct KLDivergence {
  static constexpr LossKind kind = LossKind::kl_divergence;
  static constexpr std::array aliases{"kld", "kullback_leibler_divergence"};
  static constexpr SpecInfo info{
      .name = "kl_divergence", .class_name = "KLDivergence", .summary = "distributions", .formula = "loss = sum_k y_k log(y_k / p_k)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct Poisson {
  static constexpr LossKind kind = LossKind::poisson;
  static constexpr SpecInfo info{
      .name = "poisson", .class_name = "Poisson", .summary = "counts, by their rate", .formula = "loss = mean p - y log p"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct CosineSimilarity {
  static constexpr LossKind kind = LossKind::cosine_similarity;
  static constexpr SpecInfo info{.name = "cosine_similarity",
                                 .class_name = "CosineSimilarity",
                                 .summary = "directions",
                                 .formula = "loss = -sum_k y_k p_k / (|y| |p|)"};
  template <class Self, class F>
  static void fields(Self&, F&&) {}
};
struct CategoricalFocalCrossentropy {
  static constexpr LossKind kind = LossKind::categorical_focal_crossentropy;
  static constexpr SpecInfo info{.name = "categorical_focal_crossentropy",
                                 .class_name = "CategoricalFocalCrossentropy",
                                 .summary = "classes given one-hot, easy samples counting less",
                                 .formula = "loss = -alpha sum_k y_k (1 - p_k)^gamma log p_k (Lin et al. 2017)"};
  double alpha = 0.25, gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("alpha", self.alpha, "weight of the loss");
    f("gamma", self.gamma, "how strongly what is already right counts less");
    f("from_logits", self.from_logits, "the outputs are scores, not probabilities");
    f("label_smoothing", self.label_smoothing, "s: share of the label spread over all classes");
  }
};
struct BinaryFocalCrossentropy {
  static constexpr LossKind kind = LossKind::binary_focal_crossentropy;
  static constexpr SpecInfo info{
      .name = "binary_focal_crossentropy",
      .class_name = "BinaryFocalCrossentropy",
      .summary = "two classes, easy samples counting less",
      .formula = "loss = mean (1 - r)^gamma * crossentropy, r the probability given to what is right (Lin et al. 2017)"};
  bool apply_class_balancing = false;
  double alpha = 0.25, gamma = 2;
  bool from_logits = false;
  double label_smoothing = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("apply_class_balancing", self.apply_class_balancing, "alpha weighs the ones, 1 - alpha the zeros");
    f("alpha", self.alpha, "used under apply_class_balancing only");
    f("gamma", self.gamma, "how strongly what is already right counts less");
    f("from_logits", self.from_logits, "the outputs are scores, not probabilities");
    f("label_smoothing", self.label_smoothing, "s: share of the label moved to 1/2");
  }
};
using Loss =
    std::variant<SparseCategoricalCrossentropy, CategoricalCrossentropy, BinaryCrossentropy, CategoricalFocalCrossentropy,
                 BinaryFocalCrossentropy, MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError,
                 LogCosh, Huber, Hinge, SquaredHinge, CategoricalHinge, KLDivergence, Poisson, CosineSimilarity>;

LossKind kind_of(const Loss& loss);
std::string_view name_of(const Loss& loss);
bool from_logits(const Loss& loss);
bool takes_ids(const Loss& loss);        ///< labels are class ids (i32), not f32 rows
bool is_crossentropy(const Loss& loss);  ///< the outputs are probabilities, or logits with from_logits
bool is_binary(const Loss& loss);        ///< a crossentropy of outputs that are a yes or no each

/// A row a loss: its name, its class, other words for it.
const std::vector<std::vector<std::string>>& loss_names();
std::vector<SpecDoc> loss_docs();  ///< for the help
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
