#include "engine/plan.h"

#include <chrono>

#include "engine/arena_watch.h"
#include "engine/state.h"
#include "kernels/loop.h"

namespace lehr {

void Plan::bind(Value value, ConstView view) {
  // Operations take such values as ConstView.
  set_bound(value, {const_cast<void*>(view.data), view.dtype, view.count});  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

void Plan::bind_result(Value value, View view) { set_bound(value, view); }

void Plan::set_bound(Value value, View view) {
  auto& info = values_.at(static_cast<std::size_t>(value.id));
  if (info.storage != Storage::bound || (view && view.dtype != info.dtype))
    throw Error({.where = "plan value \"" + info.name + "\"",
                 .what = "cannot be bound",
                 .expected = std::string(name_of(info.dtype)),
                 .got = std::string(name_of(view.dtype))});
  if (info.view.data == view.data && info.view.count == view.count) return;
  forget_recordings();
  info.view = view;
  for (auto& other : values_)
    if (other.alias_of == value.id) other.view = info.view;
}

void Plan::pack_if_changed() {
  if (packed_version_ == state_->version()) return;
  for (const auto& op : packing_) op.run(Binding(*this), {}, state_->backend().stream());
  packed_version_ = state_->version();
}

void Plan::forget_recordings() {
  recording_.reset();
  several_.reset();
}

void Plan::run_operations(Stream& stream) const {
  const Binding binding(*this);
  ArenaWatch watch(*this, state_->backend());
  for (std::size_t i = 0; i < ops_.size(); ++i) watch.during(i, [&] { ops_[i].run(binding, workspaces_[i], stream); });
}

std::unique_ptr<Recording> Plan::record(std::int64_t steps) const {
  Backend& backend = state_->backend();
  return record_times(backend, [&] { run_operations(backend.stream()); }, steps);
}

// Recorded only after a run that was none: libraries load kernels and fetch memory when they are first used, which a recording forbids.
void Plan::run(std::int64_t steps) {
  if (steps <= 0) return;
  Backend& backend = state_->backend();
  backend.enter();
  Stream& stream = backend.stream();
  pack_if_changed();
  if (recorded_layout_ != state_->layout()) forget_recordings();
  if (!recording_) {
    run_operations(stream);
    --steps;
    if (records_) {
      recording_ = record(1);
      recorded_layout_ = state_->layout();
      records_ = recording_ != nullptr;
    }
  }
  if (recording_ && !several_ && steps_a_launch_ > 1 && steps >= steps_a_launch_) several_ = record(steps_a_launch_);
  while (steps > 0) {
    const bool many = several_ && steps >= steps_a_launch_;
    if (many)
      several_->launch(stream);
    else if (recording_)
      recording_->launch(stream);
    else
      run_operations(stream);
    steps -= many ? steps_a_launch_ : 1;
  }
  if (changes_weights_) state_->touch();
}

std::vector<double> Plan::run_timed() {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds(ops_.size());
  Backend& backend = state_->backend();
  backend.enter();
  Stream& stream = backend.stream();
  const Binding binding(*this);
  ArenaWatch watch(*this, backend);
  pack_if_changed();
  stream.synchronize();
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    const auto begin = Clock::now();
    watch.during(i, [&] { ops_[i].run(binding, workspaces_[i], stream); });
    stream.synchronize();
    seconds[i] = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  if (changes_weights_) state_->touch();
  return seconds;
}

View Plan::view(Value value) const { return values_.at(static_cast<std::size_t>(value.id)).view; }

std::size_t Plan::kept_bytes() const {
  std::size_t bytes = 0;
  for (const auto& buffer : kept_) bytes += buffer.bytes();
  return bytes;
}

double Plan::flops() const {
  double sum = 0;
  for (const auto& op : ops_) sum += op.flops;
  return sum;
}

}  // namespace lehr
