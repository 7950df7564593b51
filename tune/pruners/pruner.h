// pruner.h: whether a trial should stop early. A pruner is a plain spec and one pure function of the trials, with Optuna's meaning:
//
//   bool should_prune(const MedianPruner&, std::span<const Trial> trials, const Trial& trial, bool maximize);
//
// `trial` has just reported its last intermediate value; the others are as they stand.
#pragma once

#include <memory>
#include <span>

#include "engine/spec/catalogue.h"
#include "tune/study/trial.h"

namespace lehr {

class Pruner {
 public:
  template <SpecType T>
  Pruner(T spec) : held_(std::make_shared<Held<T>>(std::move(spec))) {}  // NOLINT(google-explicit-constructor)
  const SpecInfo& info() const { return held_->info(); }
  SpecValue text() const { return held_->text(); }
  bool prune(std::span<const Trial> trials, const Trial& trial, bool maximize) const { return held_->prune(trials, trial, maximize); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual const SpecInfo& info() const = 0;
    virtual SpecValue text() const = 0;
    virtual bool prune(std::span<const Trial>, const Trial&, bool) const = 0;
  };
  template <class T>
  struct Held final : Base {
    explicit Held(T s) : spec(std::move(s)) {}
    const SpecInfo& info() const override { return T::info; }
    SpecValue text() const override { return to_spec(spec); }
    bool prune(std::span<const Trial> trials, const Trial& trial, bool maximize) const override {
      return !trial.intermediate.empty() && should_prune(spec, trials, trial, maximize);
    }
    T spec;
  };
  std::shared_ptr<const Base> held_;
};

const Catalogue<Pruner>& pruner_catalogue();

}  // namespace lehr
