// state.h: what training changes. One flat arena each for parameters, gradients, optimizer slots and non-trainable weights; a plan borrows
// it.
//   parameters  [trainable tensors | frozen tensors]   gradients, slot planes: the trainable part only, same element offsets
// Values are in public order (HWIO kernels, [in, out] dense), whatever layout a backend prefers inside a plan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/array.h"
#include "engine/memory_report.h"
#include "kernels/backend.h"
#include "kernels/optimizer_step.h"
#include "kernels/step.h"

namespace lehr {

/// A weight tensor as the state stores it.
struct StateTensor {
  std::string name = {};  ///< "block1_conv1/kernel"
  Shape shape = {};
  bool trainable = true;    ///< has a gradient and optimizer slots now
  bool statistic = false;   ///< never trained: BatchNormalization's moving statistics
  bool decays = true;       ///< weight decay applies
  std::int64_t offset = 0;  ///< elements, within parameters (or within statistics); set by State
};

class State {
 public:
  /// Lays out and zeroes the arenas. `copy`: keep a bfloat16 copy of the parameters beside them.
  State(Backend& backend, std::vector<StateTensor> tensors, bool copy);

  const std::vector<StateTensor>& tensors() const { return tensors_; }
  Backend& backend() const { return *backend_; }

  View value(std::size_t index) const;     ///< float32, in parameters or statistics
  View gradient(std::size_t index) const;  ///< empty view for what is not trainable
  View copy_of(std::size_t index) const;   ///< bfloat16 copy; empty where there is none
  bool has_copy() const { return has_copy_; }
  std::vector<MemoryLine> memory() const;  ///< of all arenas, those to come included

  View parameters() const { return view(parameters_, DType::f32); }
  View statistics() const { return view(statistics_, DType::f32); }
  View gradients() const { return view(gradients_, DType::f32); }
  View slots() const { return view(slots_, DType::f32); }
  View copy() const { return view(copy_, DType::bf16); }
  std::int64_t trainable_count() const { return trainable_; }  ///< elements of a slot plane, gaps included
  std::vector<Segment> segments() const;                       ///< of the trainable tensors

  /// Slot planes, each filled with a number of its own, and `extra` elements behind them for what is no plane (zeroed). Allocates unless
  /// there are exactly these.
  void set_slots(const std::vector<float>& initial, std::int64_t extra = 0);
  void set_slots(int planes) { set_slots(std::vector<float>(static_cast<std::size_t>(planes))); }
  int slot_planes() const { return static_cast<int>(slot_initial_.size()); }
  View slot_plane(int plane) const;  ///< this one and those behind it
  View slot_extra() const { return slot_plane(slot_planes()); }

  Array read(std::size_t index) const;
  void write(std::size_t index, const Array& values);  ///< shape must match: Error{data} names both; bumps the version
  std::size_t find(const std::string& name) const;     ///< index; tensors().size() when absent

  /// All weights (not slots) as one host vector, and back: what restoring the best epoch needs.
  std::vector<float> snapshot() const;
  void restore(const std::vector<float>& snapshot);

  std::uint64_t version() const { return version_; }  ///< changes whenever weights may have changed
  void touch() { ++version_; }
  std::uint64_t layout() const { return layout_; }  ///< changes whenever an arena or the step table has moved
  void refresh_copy();                              ///< parameters -> bfloat16 copy, after the host wrote

  StepCounters* counters() const { return static_cast<StepCounters*>(counters_.data()); }
  StepCounters read_counters() const;
  void write_counters(const StepCounters& counters);
  const StepRow* step_table() const { return static_cast<const StepRow*>(table_.data()); }
  /// Rows for the coming steps; capacity grows only here, so keep it constant during an epoch.
  void upload_step_table(const std::vector<StepRow>& rows);

 private:
  static View view(const Buffer& buffer, DType dtype) { return {buffer.data(), dtype, buffer.bytes() / size_of(dtype)}; }
  Backend* backend_;
  std::vector<StateTensor> tensors_;
  std::int64_t parameter_count_ = 0, statistic_count_ = 0, trainable_ = 0;  ///< elements, gaps included
  bool has_copy_ = false;
  std::vector<float> slot_initial_;
  std::int64_t slot_extra_ = 0;
  std::uint64_t version_ = 1, layout_ = 1;
  Buffer parameters_, statistics_, gradients_, slots_, copy_, counters_, table_;
};

}  // namespace lehr
