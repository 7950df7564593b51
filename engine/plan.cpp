#include "engine/plan.h"

#include <chrono>

#include "engine/state.h"

namespace lehr {

void Plan::bind(Value value, ConstView view) {
  auto& info = values_.at(static_cast<std::size_t>(value.id));
  if (info.storage != Storage::bound || (view && view.dtype != info.dtype))
    throw Error({.where = "plan value \"" + info.name + "\"",
                 .what = "cannot be bound",
                 .expected = std::string(name_of(info.dtype)),
                 .got = std::string(name_of(view.dtype))});
  // A plan only reads what is bound to it: operations take such values as ConstView.
  info.view = View{const_cast<void*>(view.data), view.dtype, view.count};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  for (auto& other : values_)
    if (other.alias_of == value.id) other.view = info.view;
}

void Plan::pack_if_changed() {
  if (packed_version_ == state_->version()) return;
  for (const auto& op : packing_) op.run(Binding(*this), {}, state_->backend().stream());
  packed_version_ = state_->version();
}

void Plan::run() {
  Backend& backend = state_->backend();
  backend.enter();
  Stream& stream = backend.stream();
  const Binding binding(*this);
  pack_if_changed();
  for (std::size_t i = 0; i < ops_.size(); ++i) ops_[i].run(binding, workspaces_[i], stream);
}

std::vector<double> Plan::run_timed() {
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds(ops_.size());
  Backend& backend = state_->backend();
  backend.enter();
  Stream& stream = backend.stream();
  const Binding binding(*this);
  pack_if_changed();
  stream.synchronize();
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    const auto begin = Clock::now();
    ops_[i].run(binding, workspaces_[i], stream);
    stream.synchronize();
    seconds[i] = std::chrono::duration<double>(Clock::now() - begin).count();
  }
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
