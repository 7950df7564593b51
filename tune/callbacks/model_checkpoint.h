// model_checkpoint.h: writes the weights or the whole model after an epoch, or only when the monitored value improves.
#pragma once

#include <optional>

#include "tune/callback.h"
#include "tune/callbacks/save_freq.h"

namespace lehr {

/// What the first line calls the best before there is one: `None` as Keras since 3.11, `inf` as Keras before.
enum class FirstBest : std::uint8_t { none, inf };
template <>
struct SpecEnum<FirstBest> {
  static constexpr std::pair<std::string_view, FirstBest> names[] = {{"None", FirstBest::none}, {"inf", FirstBest::inf}};
};

struct ModelCheckpoint {
  static constexpr SpecInfo info{.name = "model_checkpoint",
                                 .class_name = "ModelCheckpoint",
                                 .summary = "writes the weights at the end of epochs",
                                 .formula = "save_best_only: when value < best (max: value > best)"};
  Required<std::string> filepath = {};
  std::string monitor = "val_loss";
  int verbose = 0;
  bool save_best_only = false;
  bool save_weights_only = true;
  MonitorMode mode = MonitorMode::automatic;
  Frequency save_freq = {};
  std::optional<double> initial_value_threshold = {};
  FirstBest first = FirstBest::none;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("filepath", self.filepath, "file; {epoch}, {epoch:02d}, {val_loss:.2f} are filled in; x.keras takes the whole model");
    f("monitor", self.monitor, "the value to watch");
    f("verbose", self.verbose, "1: say what was saved");
    f("save_best_only", self.save_best_only, "only when the value improves");
    f("save_weights_only", self.save_weights_only, "false: the whole model; needs a name that ends in .keras");
    f("mode", self.mode, "whether smaller or larger is better; auto: by the name");
    f("save_freq", self.save_freq, "epoch, or every so many batches, counted over epochs");
    f("initial_value_threshold", self.initial_value_threshold, "improvement starts from this value");
    f("first", self.first, "what the first message calls the best so far");
  }
};
std::unique_ptr<Callback> make_callback(const ModelCheckpoint& spec);

/// Fills `{epoch}` (from 1), `{batch}` (from 1, where it is given) and `{name}` with an optional Python format such as `:02d`, `:.2f`.
/// Error{usage} for an unknown name.
std::string format_filepath(const std::string& pattern, std::int64_t epoch, const EpochLogs& logs, std::optional<std::int64_t> batch = {});

}  // namespace lehr
