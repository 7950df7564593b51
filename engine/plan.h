// plan.h: a fixed list of prepared operations over fixed memory. Running it allocates nothing, chooses nothing and throws nothing. Where the
// device records, the first run also records the step, and every later one is a single launch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"

namespace lehr {

class State;

/// A tensor of a plan, by number.
struct Value {
  int id = -1;
  explicit operator bool() const { return id >= 0; }
  friend bool operator==(Value, Value) = default;
};

enum class Storage : std::uint8_t { arena, bound, kept, state };

class Binding;

struct PlanOp {
  std::string name = {};     ///< "conv2d forward"
  std::string layer = {};    ///< "block1_conv1"
  std::string problem = {};  ///< of convolutions and products: the line of tests/problems that says the same
  std::string by = {};       ///< and who computes them: a library with its version, or ours
  std::vector<Value> reads = {}, writes = {};
  std::size_t workspace_bytes = 0;  ///< scratch in the arena while this operation runs
  double flops = 0;                 ///< multiply-adds count two
  bool always = false;              ///< has an effect outside its writes (weights, counters): never dropped
  bool changes_weights = false;     ///< the state's version moves on with every run
  /// Bound once, run every step, or recorded and then run by the device alone: host memory that is read here is read once. `workspace` is
  /// empty where workspace_bytes is 0.
  std::function<void(const Binding& values, View workspace, Stream& stream)> run = {};
};

class Plan {
 public:
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  void bind(Value value,
            ConstView view);  ///< for Planner::bound values; the memory must outlive the runs. Other memory than before: recorded anew
  void bind_result(Value value, View view);  ///< the same for a bound value that the plan writes
  /// Steps one after the other. Of a device that records, as many as PlanOptions::steps_a_launch are one launch.
  void run(std::int64_t steps = 1);
  std::vector<double> run_timed();  ///< one step; seconds of every operation, each waited for
  View view(Value value) const;     ///< where a value lies
  std::int64_t batch() const { return batch_; }

  // What `lehr summary --plan` shows.
  struct ValueInfo {
    std::string name = {};
    std::int64_t count = 0;
    DType dtype = DType::f32;
    Storage storage = Storage::arena;
    int alias_of = -1;
    std::size_t offset = 0;  ///< bytes, in the arena
    View view = {};          ///< resolved address
    bool requires_gradient = false, output = false;
    int gradient = -1, logits = -1, sharers = 0;
    int first = -1, last = -1;  ///< operations between which the storage must stay
  };
  const std::vector<PlanOp>& operations() const { return ops_; }
  View workspace(std::size_t operation) const { return workspaces_.at(operation); }  ///< its scratch; empty where it asked for none
  const std::vector<PlanOp>& packing() const { return packing_; }
  const std::vector<ValueInfo>& values() const { return values_; }
  std::size_t arena_bytes() const { return arena_.bytes(); }
  const Recording* recording() const { return recording_.get(); }  ///< empty before the first run, and where the device does not record
  std::size_t naive_bytes() const { return naive_bytes_; }         ///< every arena value in memory of its own
  std::size_t kept_bytes() const;
  std::size_t bytes() const { return arena_bytes() + kept_bytes(); }  ///< what the plan holds beside the state
  double flops() const;

 private:
  friend class Planner;
  friend class Binding;
  explicit Plan(State& state) : state_(&state) {}

  void set_bound(Value value, View view);
  void pack_if_changed();
  void forget_recordings();
  void run_operations(Stream& stream) const;
  std::unique_ptr<Recording> record(std::int64_t steps) const;

  State* state_;
  bool records_ = true, changes_weights_ = false;
  std::int64_t steps_a_launch_ = 1;
  std::unique_ptr<Recording> recording_, several_;  ///< of one step, of steps_a_launch_
  std::uint64_t recorded_layout_ = 0;               ///< the state's, when they were recorded
  std::int64_t batch_ = 0;
  std::uint64_t packed_version_ = 0;
  std::vector<ValueInfo> values_;
  std::vector<PlanOp> ops_, packing_;
  std::vector<View> workspaces_;
  Buffer arena_;
  std::vector<Buffer> kept_;
  std::size_t naive_bytes_ = 0;
};

/// What an operation sees while it runs.
class Binding {
 public:
  explicit Binding(const Plan& plan) : plan_(&plan) {}
  View operator[](Value value) const { return value ? plan_->values_[static_cast<std::size_t>(value.id)].view : View{}; }

 private:
  const Plan* plan_;
};

}  // namespace lehr
