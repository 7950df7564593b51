// swap_ema_weights.h: validation, and with swap_on_epoch the epoch's other callbacks, see the optimizer's running average of the weights.
#pragma once

#include "tune/callback.h"

namespace lehr {

struct SwapEMAWeights {
  static constexpr SpecInfo info{.name = "swap_ema_weights",
                                 .class_name = "SwapEMAWeights",
                                 .summary = "validates with the running average of the weights",
                                 .formula = "validation: weights = average; swap_on_epoch: also for callbacks at the epoch's end"};
  bool swap_on_epoch = false;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("swap_on_epoch", self.swap_on_epoch, "also for callbacks at an epoch's end: model_checkpoint then saves the average");
  }
};
std::unique_ptr<Callback> make_callback(const SwapEMAWeights& spec);

}  // namespace lehr
