// terminate_on_nan.h: what to do when the loss is no number any more. The batch that brought it has not touched the weights.
#pragma once

#include "tune/callback.h"

namespace lehr {

/// stop: as Keras. rollback: back to the last whole epoch, with half the rate.
enum class NanPolicy : std::uint8_t { stop, rollback };
template <>
struct SpecEnum<NanPolicy> {
  static constexpr std::pair<std::string_view, NanPolicy> names[] = {{"stop", NanPolicy::stop}, {"rollback", NanPolicy::rollback}};
};

struct TerminateOnNaN {
  static constexpr SpecInfo info{.name = "terminate_on_nan",
                                 .class_name = "TerminateOnNaN",
                                 .summary = "ends a run whose loss is no number, or rolls it back",
                                 .formula = "stop: end; rollback: weights and optimizer of the epoch's begin, rate = rate / 2"};
  NanPolicy policy = NanPolicy::stop;
  int rollbacks = 5;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("policy", self.policy, "what to do");
    f("rollbacks", self.rollbacks, "after so many of them it stops");
  }
};
std::unique_ptr<Callback> make_callback(const TerminateOnNaN& spec);

}  // namespace lehr
