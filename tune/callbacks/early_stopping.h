// early_stopping.h: stops a run whose monitored value no longer improves. Keras's semantics, to the epoch and the word.
#pragma once

#include <optional>

#include "tune/callback.h"

namespace lehr {

struct EarlyStopping {
  static constexpr SpecInfo info{
      .name = "early_stopping",
      .class_name = "EarlyStopping",
      .summary = "stops when a value no longer improves",
      .formula = "stop after `patience` epochs without value < best - min_delta (max: value > best + min_delta)"};
  std::string monitor = "val_loss";
  double min_delta = 0;
  int patience = 0;
  int verbose = 0;
  MonitorMode mode = MonitorMode::automatic;
  std::optional<double> baseline = {};
  bool restore_best_weights = false;
  int start_from_epoch = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("monitor", self.monitor, "the value to watch");
    f("min_delta", self.min_delta, "smallest change that counts");
    f("patience", self.patience, "epochs without improvement before stopping");
    f("verbose", self.verbose, "1: say when it stops");
    f("mode", self.mode, "whether smaller or larger is better; auto: by the name");
    f("baseline", self.baseline, "improvement must also beat this value");
    f("restore_best_weights", self.restore_best_weights, "end with the best epoch's weights");
    f("start_from_epoch", self.start_from_epoch, "epochs that are not watched");
  }
};
std::unique_ptr<Callback> make_callback(const EarlyStopping& spec);

}  // namespace lehr
