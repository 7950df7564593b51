// optimizer.h: how gradients become steps. A person writes a spec (Adam{.learning_rate = 1e-4}); what runs is a rule over the flat arena
// (kernels/optimizer_rules.h) and, for every step, a row of numbers computed here in double.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/spec/convert.h"
#include "kernels/optimizer_rules.h"
#include "kernels/step.h"
#include "optim/learning_rate.h"

namespace lehr {

/// What every optimizer has in Keras. At most one of the three clippings; 0 and none turn it off.
struct OptimizerOptions {
  std::optional<double> weight_decay = {}, clipnorm = {}, clipvalue = {}, global_clipnorm = {};
};

/// The fields that follow an optimizer's own, in Keras's order.
template <class Self, class F>
void optimizer_option_fields(Self& self, F&& f) {
  f("weight_decay", self.weight_decay, "decoupled: w -= learning_rate * weight_decay * w before each step");
  f("clipnorm", self.clipnorm, "each gradient tensor is scaled down to at most this norm");
  f("clipvalue", self.clipvalue, "each gradient element is cut to +- this value");
  f("global_clipnorm", self.global_clipnorm, "all gradients together are scaled down to at most this norm");
}

/// Any optimizer, by value. A spec needs: info, fields, learning_rate, the four options, `OptimizerRule rule() const` and
/// `StepRow row(std::int64_t t, double rate) const` with t from 1 (docs/recipes/optimizer.md).
class Optimizer {
 public:
  template <class T>
    requires SpecType<T>
  Optimizer(T spec) : held_(std::make_shared<Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor)
  Optimizer();                                                              ///< Adam, lehr's default

  const SpecInfo& info() const { return held_->info(); }
  OptimizerRule rule() const { return held_->rule(); }
  const LearningRate& learning_rate() const { return held_->learning_rate(); }
  Optimizer with_learning_rate(LearningRate rate) const { return held_->with_learning_rate(std::move(rate)); }
  const OptimizerOptions& options() const { return held_->options(); }
  std::vector<std::string> slot_names() const { return held_->slot_names(); }
  int slots() const;
  /// The numbers of optimizer step `step` (0-based, as Keras's `iterations` before it) at this rate.
  StepRow row(std::int64_t step, double rate) const;
  SpecValue text() const { return held_->text(); }
  SpecValue config() const { return held_->config(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual OptimizerRule rule() const = 0;
    virtual StepRow row(std::int64_t t, double rate) const = 0;
    virtual const LearningRate& learning_rate() const = 0;
    virtual Optimizer with_learning_rate(LearningRate rate) const = 0;
    virtual const OptimizerOptions& options() const = 0;
    virtual std::vector<std::string> slot_names() const = 0;
    virtual SpecValue text() const = 0;
    virtual SpecValue config() const = 0;
  };
  template <class T>
  struct Held final : Base {
    explicit Held(T s) : spec(std::move(s)), common{spec.weight_decay, spec.clipnorm, spec.clipvalue, spec.global_clipnorm} {
      check_options(T::info, common);
      if (!spec.learning_rate.base()) spec.learning_rate = spec.learning_rate.with_base(T{}.learning_rate.base().value());
    }
    const SpecInfo& info() const override { return T::info; }
    OptimizerRule rule() const override { return spec.rule(); }
    StepRow row(std::int64_t t, double rate) const override { return spec.row(t, rate); }
    const LearningRate& learning_rate() const override { return spec.learning_rate; }
    Optimizer with_learning_rate(LearningRate rate) const override {
      T copy = spec;
      copy.learning_rate = std::move(rate);
      return Optimizer(std::move(copy));
    }
    const OptimizerOptions& options() const override { return common; }
    std::vector<std::string> slot_names() const override { return spec.slot_names(); }
    SpecValue text() const override { return to_spec(spec); }
    SpecValue config() const override { return to_config(spec); }
    T spec;
    OptimizerOptions common;
  };
  static void check_options(const SpecInfo& info, const OptimizerOptions& options);
  std::shared_ptr<const Base> held_;
};

}  // namespace lehr
