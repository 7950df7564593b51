// arena_watch.h: while an operation of a plan runs, only what it reads, writes and uses as scratch may be touched of the arena: not what
// lies beside it, be it padding or a value that lives, and nothing that it did not name. Between runs, only the plan's outputs. Where nobody
// watches (kernels/off_limits.h), this does nothing.
#pragma once

#include "engine/plan.h"
#include "kernels/off_limits.h"

namespace lehr {

class ArenaWatch {
 public:
  /// The planner has put all of the arena off limits.
  ArenaWatch(const Plan& plan, Backend& backend) : plan_(&plan), backend_(&backend), watched_(watched(backend)) { outputs(put_off_limits); }
  ~ArenaWatch() { outputs(permit); }
  ArenaWatch(const ArenaWatch&) = delete;
  ArenaWatch& operator=(const ArenaWatch&) = delete;

  template <class Work>
  void during(std::size_t operation, const Work& work) {
    operands(operation, permit);
    work();
    operands(operation, put_off_limits);
  }

 private:
  using Limit = void (*)(Backend&, const void*, std::size_t);

  void outputs(Limit limit) const {
    if (!watched_) return;
    for (const auto& value : plan_->values())
      if (value.output && value.storage == Storage::arena && value.view) limit(*backend_, value.view.data, value.view.bytes());
  }
  void operands(std::size_t operation, Limit limit) const {
    if (!watched_) return;
    const PlanOp& op = plan_->operations()[operation];
    for (const auto* values : {&op.reads, &op.writes})
      for (const Value value : *values) {
        if (!value) continue;
        const auto& info = plan_->values()[static_cast<std::size_t>(value.id)];
        if (info.storage == Storage::arena && info.view) limit(*backend_, info.view.data, info.view.bytes());
      }
    if (const View scratch = plan_->workspace(operation)) limit(*backend_, scratch.data, scratch.bytes());
  }

  const Plan* plan_;
  Backend* backend_;
  bool watched_;
};

}  // namespace lehr
