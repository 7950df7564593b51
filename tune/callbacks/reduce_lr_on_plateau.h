// reduce_lr_on_plateau.h: multiplies the rate when the monitored value no longer improves. Keras's semantics, to the epoch and the word.
// Where a schedule sets the rate as well, the plateau scales it: rate = schedule * factor, both logged.
#pragma once

#include "tune/callback.h"

namespace lehr {

struct ReduceLROnPlateau {
  static constexpr SpecInfo info{.name = "reduce_lr_on_plateau",
                                 .class_name = "ReduceLROnPlateau",
                                 .summary = "lowers the rate when a value no longer improves",
                                 .formula = "after `patience` epochs without value < best - min_delta: rate = max(rate * factor, min_lr)"};
  std::string monitor = "val_loss";
  double factor = 0.1;
  int patience = 10;
  int verbose = 0;
  MonitorMode mode = MonitorMode::automatic;
  double min_delta = 1e-4;
  int cooldown = 0;
  double min_lr = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("monitor", self.monitor, "the value to watch");
    f("factor", self.factor, "the rate is multiplied by it, below 1");
    f("patience", self.patience, "epochs without improvement before a reduction");
    f("verbose", self.verbose, "1: say when it reduces");
    f("mode", self.mode, "whether smaller or larger is better; auto: by the name");
    f("min_delta", self.min_delta, "smallest change that counts");
    f("cooldown", self.cooldown, "epochs after a reduction that are not counted");
    f("min_lr", self.min_lr, "the rate never goes below it");
  }
};
std::unique_ptr<Callback> make_callback(const ReduceLROnPlateau& spec);

}  // namespace lehr
