// hyper_parameters.h: a search space written as a C++ function, with KerasTuner's names:
//
//   Network build(HyperParameters& hp) {
//     Network net;
//     net.add(Flatten{}).add(Dense{.units = hp.Int("units", 32, 512, {.step = 32}), .activation = relu});
//     if (hp.Boolean("dropout")) net.add(Dropout{.rate = hp.Float("rate", 0.1, 0.5)});
//     return net;
//   }
//   const Space space = discover([](HyperParameters& hp) { build(hp); });
//
// The first call with a name declares it; what it answers is the trial's value, or the default.
#pragma once

#include <functional>
#include <initializer_list>

#include "tune/space/space.h"

namespace lehr {

struct RangeOptions {
  std::optional<double> step = {};
  Sampling sampling = Sampling::linear;
  std::optional<double> default_value = {};
};

class HyperParameters {
 public:
  HyperParameters() = default;
  explicit HyperParameters(Values values) : values_(std::move(values)) {}

  std::int64_t Int(const std::string& name, std::int64_t min_value, std::int64_t max_value, RangeOptions options = {});
  double Float(const std::string& name, double min_value, double max_value, RangeOptions options = {});
  std::string Choice(const std::string& name, std::initializer_list<const char*> values);
  double Choice(const std::string& name, std::initializer_list<double> values);
  bool Boolean(const std::string& name, bool default_value = false);

  /// What is declared while the scope lives is active only while `parent` has one of these values (numbers, words, true and false).
  class Scope {
   public:
    explicit Scope(HyperParameters& hp) : hp_(&hp) {}
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { hp_->scopes_.pop_back(); }

   private:
    HyperParameters* hp_;
  };
  [[nodiscard]] Scope conditional_scope(const std::string& parent, const std::vector<SpecValue>& values);

  const Space& space() const { return space_; }
  const Values& values() const { return values_; }

 private:
  double declare(Hyperparameter p);
  Space space_;
  Values values_;
  std::vector<Condition> scopes_;
};

/// Runs `build` with each value changed in turn, the others at their defaults, until nothing new appears. What is declared under some values
/// of another only depends on it, with or without a scope: `for (i = 0; i < hp.Int("layers", 1, 3); ++i)` makes units_1 depend on layers.
Space discover(const std::function<void(HyperParameters&)>& build);

}  // namespace lehr
