// planner.h: turns layers' emissions into a Plan: a list of prepared operations and one arena in which every buffer has a fixed offset.
// Layers emit their forward operations and register their backward as a deferred function; backward() calls those in reverse order,
// only where a gradient is wanted. Operations whose results nobody reads are dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "engine/precision.h"
#include "engine/state.h"
#include "kernels/backend.h"
#include "kernels/make.h"

namespace lehr {

enum class PlanMode : std::uint8_t { train, evaluate, predict };

struct PlanOptions {
  PlanMode mode = PlanMode::predict;
  std::int64_t batch = 1;
  Precision precision = Precision::float32;
  std::uint64_t seed = 0;
  int models = 1;                   ///< reserved: trials of one shape in one plan
  std::int64_t steps_a_launch = 1;  ///< of steps that are asked for together, how many one launch holds
  bool record = true;               ///< false: operations are started one by one in every step, also where the device could replay them
};

class Planner {
 public:
  Planner(State& state, PlanOptions options);

  Backend& backend() const { return state_->backend(); }
  State& state() const { return *state_; }
  const PlanOptions& options() const { return options_; }
  bool training() const { return options_.mode == PlanMode::train; }
  std::int64_t batch() const { return options_.batch; }
  DType compute_type() const { return lehr::compute_type(options_.precision); }
  bool tf32() const { return options_.precision == Precision::tf32; }

  /// Prepares an operation for this plan's device.
  template <class Spec>
  auto prepare(const Spec& spec) {
    auto made = make(spec, backend());
    return std::shared_ptr<typename decltype(made)::element_type>(std::move(made));
  }

  // --- values -------------------------------------------------------------------------------------------------------------------
  Value tensor(std::string name, std::int64_t count, DType dtype);  ///< in the arena, alive from first write to last read
  Value alias(Value of, std::string name);                          ///< another name for the same storage
  Value bound(std::string name, std::int64_t count, DType dtype);   ///< given to the plan before it runs (data set, labels, permutation)
  Value kept(std::string name, std::int64_t count,
             DType dtype);                  ///< the plan's own, zeroed once, survives from run to run (sums, packed weights)
  Value weight(std::size_t index);          ///< float32 master
  Value compute_weight(std::size_t index);  ///< in compute_type(): the bfloat16 copy, or the master
  Value weight_gradient(std::size_t index);
  std::int64_t count(Value value) const { return plan_->values_[at(value)].count; }
  DType dtype(Value value) const { return plan_->values_[at(value)].dtype; }

  // --- operations ---------------------------------------------------------------------------------------------------------------
  std::size_t add(PlanOp op);  ///< appended to the step; its number
  PlanOp& operation(std::size_t number) { return plan_->ops_.at(number); }
  /// Weights in the layout that an operation prefers. In training the conversion is part of every step, otherwise it runs once after the
  /// weights changed.
  using Packing = std::function<void(ConstView weights, View packed, Stream& stream)>;
  Value pack(std::string layer, Value weights, std::size_t bytes, Packing convert);
  void copy(std::string layer, Value from, Value to);  ///< the same elements in another place
  void keep(Value value);                              ///< a result that is read from outside: never dropped

  // --- gradients ----------------------------------------------------------------------------------------------------------------
  void require_gradient(Value value, bool required) { info(value).requires_gradient = required; }
  bool requires_gradient(Value value) const { return training() && plan_->values_[at(value)].requires_gradient; }
  void on_backward(std::function<void()> emit) { deferred_.push_back(std::move(emit)); }
  bool has_gradient(Value value) const { return plan_->values_[at(value)].gradient >= 0; }
  Value gradient(Value value) const { return Value{plan_->values_[at(value)].gradient}; }
  /// True where nobody else reads this gradient: it may be overwritten in place.
  bool exclusive(Value gradient) const { return plan_->values_[at(gradient)].sharers <= 1; }
  /// Calls emit(dx) with the value to write; adds to what other consumers of x have contributed. Does nothing where x wants no gradient.
  void contribute(Value x, const std::function<void(Value dx)>& emit);
  /// The gradient of x is that of y itself (Flatten, Add).
  void pass_gradient(Value x, Value dy);
  /// The same for a weight: a layer used twice adds up.
  void contribute_weight(std::size_t index, const std::function<void(Value dw)>& emit);
  void backward();

  // --- relu's gradient, computed by the operation above -------------------------------------------------------------------------
  /// y = relu(z): `note` makes the operation that computes y write its mask as well and returns that; called once at most, in backward.
  void offer_mask(Value y, std::function<Value()> note) { masks_[y.id] = std::move(note); }
  /// Whether the one contributor to y's gradient may mask it itself: a mask is offered, and no more than one operation reads y.
  bool can_mask(Value y) const;
  /// The mask, empty where it cannot be had; with it the gradient of y is from now on that before its activation.
  Value take_mask(Value y);
  bool masked(Value y) const { return masked_.contains(y.id); }

  // --- logits, as Keras attaches them to softmax and sigmoid outputs -------------------------------------------------------------
  void attach_logits(Value probabilities, Value logits) { info(probabilities).logits = logits.id; }
  Value logits(Value value) const { return Value{plan_->values_[at(value)].logits}; }  ///< id -1 when there are none

  std::uint32_t next_stream() { return ++streams_; }  ///< random stream of a layer, in order of emission
  std::unique_ptr<Plan> finish();                     ///< drops, lays out, allocates

 private:
  static std::size_t at(Value value) { return static_cast<std::size_t>(value.id); }
  Plan::ValueInfo& info(Value value) { return plan_->values_[at(value)]; }
  Value make_value(std::string name, std::int64_t count, DType dtype, Storage storage);
  void add_tensors(Value x, Value y, Value sum);
  void drop_unread();
  void lay_out();
  std::vector<MemoryLine> memory(std::size_t arena) const;

  State* state_;
  PlanOptions options_;
  std::unique_ptr<Plan> plan_;
  std::vector<std::function<void()>> deferred_;
  std::map<int, std::function<Value()>> masks_;  // by y
  std::set<int> masked_;
  std::size_t forward_operations_ = 0;
  std::vector<int> weight_values_, compute_values_, gradient_values_;
  std::vector<bool> gradient_written_;
  std::uint32_t streams_ = 0;
};

}  // namespace lehr
