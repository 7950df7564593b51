// optimizer.h: how gradients become steps. A person writes a spec (Adam{.learning_rate = 1e-4}); what runs is a rule over the flat arena
// (kernels/optimizer_rules.h) and, for every step, a row of numbers computed here in double.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/spec/convert.h"
#include "engine/state.h"
#include "kernels/optimizer_rules.h"
#include "kernels/step.h"
#include "optim/learning_rate.h"

namespace lehr {

/// What every optimizer has in Keras. At most one of the three clippings; 0 and none turn it off. An optimizer's spec names them itself, where
/// designated initializers shall reach them, or derives from this.
struct OptimizerOptions {
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int> ema_overwrite_frequency = {}, gradient_accumulation_steps = {};
};

/// The fields that follow an optimizer's own and its weight_decay, in Keras's order.
template <class Self, class F>
void clip_and_average_fields(Self& self, F&& f) {
  f("clipnorm", self.clipnorm, "each gradient tensor is scaled down to at most this norm");
  f("clipvalue", self.clipvalue, "each gradient element is cut to +- this value");
  f("global_clipnorm", self.global_clipnorm, "all gradients together are scaled down to at most this norm");
  f("use_ema", self.use_ema, "keep a running average of the weights; training ends with it");
  f("ema_momentum", self.ema_momentum, "average <- ema_momentum*average + (1 - ema_momentum)*weights every step");
  f("ema_overwrite_frequency", self.ema_overwrite_frequency, "every so many steps the average becomes the weights");
  f("gradient_accumulation_steps", self.gradient_accumulation_steps, "one update for so many batches, with the mean of their gradients");
}
template <class Self, class F>
void optimizer_option_fields(Self& self, F&& f) {
  f("weight_decay", self.weight_decay, "decoupled: w -= learning_rate * weight_decay * w before each step");
  clip_and_average_fields(self, f);
}

/// Where epsilon and the bias correction stand: as in Keras, as in PyTorch, or as in the paper.
enum class Style : std::uint8_t { keras, torch, paper };
template <>
struct SpecEnum<Style> {
  static constexpr std::pair<std::string_view, Style> names[] = {{"keras", Style::keras}, {"torch", Style::torch}, {"paper", Style::paper}};
};

/// What an optimizer keeps: planes of the trainable arena, filled with a number each, and elements of its own.
struct SlotLayout {
  std::vector<float> initial = {};  ///< a plane each: the optimizer's own, then the average, then the accumulated gradient
  std::int64_t extra = 0;
};

/// Weights to evaluate with, where they are not those that train.
struct EvaluationWeights {
  int plane = 0;             ///< of the slots
  double extrapolation = 0;  ///< w + extrapolation*(w - plane); of an average unset: the plane itself
  bool average = true;       ///< the plane is a running average: used where asked, and at the end of training
};

class OptimizerEmission;

/// Any optimizer, by value. A spec needs info, fields, learning_rate, slot_names, and `OptimizerRule rule() const` (element-wise) or
/// `void emit(OptimizerEmission&) const` (docs/recipes/optimizer.md). It may have: the options of OptimizerOptions by name, `StepRow
/// row(std::int64_t t, double rate) const` with t from 1, `std::vector<float> slot_initial() const`, `std::int64_t slot_extra(tensors)
/// const`, `bool keeps(std::size_t plane, const StateTensor&) const`, `void check() const`, `double extrapolation() const`.
class Optimizer {
 public:
  template <class T>
    requires SpecType<T>
  Optimizer(T spec) : held_(std::make_shared<Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor)
  Optimizer();                                                              ///< Adam, lehr's default

  const SpecInfo& info() const { return held_->info(); }
  const LearningRate& learning_rate() const { return held_->learning_rate(); }
  Optimizer with_learning_rate(LearningRate rate) const { return held_->with_learning_rate(std::move(rate)); }
  const OptimizerOptions& options() const { return held_->options(); }
  std::vector<std::string> slot_names() const { return held_->slot_names(); }  ///< of its own planes
  SlotLayout slots(const std::vector<StateTensor>& tensors) const;
  /// False: what that plane holds of this tensor is of use within a step only.
  bool keeps(std::size_t plane, const StateTensor& tensor) const { return held_->keeps(plane, tensor); }
  std::optional<EvaluationWeights> evaluation_weights() const;
  /// The numbers of raw step `step` (0-based: batches since the first fit) at this rate.
  StepRow row(std::int64_t step, double rate) const;
  void emit(OptimizerEmission& emission) const { held_->emit(emission); }
  SpecValue text() const { return held_->text(); }
  SpecValue config() const { return held_->config(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual StepRow row(std::int64_t t, double rate) const = 0;
    virtual const LearningRate& learning_rate() const = 0;
    virtual Optimizer with_learning_rate(LearningRate rate) const = 0;
    virtual const OptimizerOptions& options() const = 0;
    virtual std::vector<std::string> slot_names() const = 0;
    virtual std::vector<float> slot_initial() const = 0;
    virtual std::int64_t slot_extra(const std::vector<StateTensor>& tensors) const = 0;
    virtual bool keeps(std::size_t plane, const StateTensor& tensor) const = 0;
    virtual std::optional<double> extrapolation() const = 0;
    virtual bool decays_itself() const = 0;
    virtual void emit(OptimizerEmission& emission) const = 0;
    virtual SpecValue text() const = 0;
    virtual SpecValue config() const = 0;
  };
  template <class T>
  struct Held;
  template <class T>
  static OptimizerOptions options_of(const T& spec);
  static void check_options(const SpecInfo& info, const OptimizerOptions& options);
  static void emit_rule(OptimizerEmission& emission, const OptimizerRule& rule);
  std::shared_ptr<const Base> held_;
};

template <class T>
struct Optimizer::Held final : Base {
  explicit Held(T s) : spec(std::move(s)), common(options_of(spec)) {
    check_options(T::info, common);
    if constexpr (requires { spec.check(); }) spec.check();
    if (!spec.learning_rate.base()) spec.learning_rate = spec.learning_rate.with_base(T{}.learning_rate.base().value());
  }
  const SpecInfo& info() const override { return T::info; }
  StepRow row(std::int64_t t, double rate) const override {
    if constexpr (requires { &T::row; }) return spec.row(t, rate);
    return {};
  }
  const LearningRate& learning_rate() const override { return spec.learning_rate; }
  Optimizer with_learning_rate(LearningRate rate) const override {
    T copy = spec;
    copy.learning_rate = std::move(rate);
    return Optimizer(std::move(copy));
  }
  const OptimizerOptions& options() const override { return common; }
  std::vector<std::string> slot_names() const override { return spec.slot_names(); }
  std::vector<float> slot_initial() const override {
    if constexpr (requires { spec.slot_initial(); }) return spec.slot_initial();
    return std::vector<float>(spec.slot_names().size());
  }
  std::int64_t slot_extra(const std::vector<StateTensor>& tensors) const override {
    if constexpr (requires { spec.slot_extra(tensors); }) return spec.slot_extra(tensors);
    return 0;
  }
  bool keeps(std::size_t plane, const StateTensor& tensor) const override {
    if constexpr (requires { spec.keeps(plane, tensor); }) return spec.keeps(plane, tensor);
    return true;
  }
  std::optional<double> extrapolation() const override {
    if constexpr (requires { spec.extrapolation(); }) return spec.extrapolation();
    return std::nullopt;
  }
  bool decays_itself() const override {
    if constexpr (requires { spec.decays_itself(); }) return spec.decays_itself();
    return false;
  }
  void emit(OptimizerEmission& emission) const override {
    if constexpr (requires { spec.emit(emission); })
      spec.emit(emission);
    else
      emit_rule(emission, spec.rule());
  }
  SpecValue text() const override { return to_spec(spec); }
  SpecValue config() const override { return to_config(spec); }
  T spec;
  OptimizerOptions common;
};

template <class T>
OptimizerOptions Optimizer::options_of(const T& spec) {
  OptimizerOptions o;
  const auto take = [](auto& into, const auto& from) { into = from; };
  if constexpr (requires { spec.weight_decay; }) take(o.weight_decay, spec.weight_decay);
  if constexpr (requires { spec.clipnorm; }) take(o.clipnorm, spec.clipnorm);
  if constexpr (requires { spec.clipvalue; }) take(o.clipvalue, spec.clipvalue);
  if constexpr (requires { spec.global_clipnorm; }) take(o.global_clipnorm, spec.global_clipnorm);
  if constexpr (requires { spec.use_ema; }) take(o.use_ema, spec.use_ema);
  if constexpr (requires { spec.ema_momentum; }) take(o.ema_momentum, spec.ema_momentum);
  if constexpr (requires { spec.ema_overwrite_frequency; }) take(o.ema_overwrite_frequency, spec.ema_overwrite_frequency);
  if constexpr (requires { spec.gradient_accumulation_steps; }) take(o.gradient_accumulation_steps, spec.gradient_accumulation_steps);
  return o;
}

/// Error{usage} unless the value lies in [low, high], or below high where it may not reach it.
void check_share(const SpecInfo& info, std::string_view field, double value, bool may_be_one);
void check_positive(const SpecInfo& info, std::string_view field, double value, bool may_be_zero);

}  // namespace lehr
