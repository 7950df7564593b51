#include "tune/callbacks/model_checkpoint.h"

#include <fmt/format.h>

#include "tune/callbacks/callback_state.h"
#include "tune/callbacks/monitor.h"
#include "weights/tensor_file.h"

namespace lehr {

namespace {

struct CheckpointState {
  static constexpr SpecInfo info{.name = "model_checkpoint_state"};
  std::optional<double> best = {};
  std::int64_t batches = 0;  ///< since the last save
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("best", self.best, "");
    f("batches", self.batches, "");
  }
};

class ModelCheckpointCallback final : public Callback {
 public:
  explicit ModelCheckpointCallback(ModelCheckpoint spec) : spec_(std::move(spec)), monitor_(spec_.monitor, spec_.mode) {
    state_.best = spec_.initial_value_threshold;
    format_filepath_check();
  }
  std::string monitor() const override { return spec_.save_best_only ? spec_.monitor : std::string{}; }
  std::int64_t every_batches() const override { return spec_.save_freq.epochs() ? 0 : 1; }

  void on_train_batch_end(Run& run, const BatchEnd& end) override {
    if (++state_.batches < spec_.save_freq.batches) return;
    state_.batches = 0;
    save(run, end.epoch, end.batch, end.logs());
  }
  void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs& logs) override {
    if (spec_.save_freq.epochs()) save(run, epoch, {}, logs);
  }

  CallbackState save() const override { return callback_state(state_); }
  void load(const CallbackState& state) override { state_ = state_from<CheckpointState>(state); }

 private:
  void save(Run& run, std::int64_t epoch, std::optional<std::int64_t> batch, const EpochLogs& logs) {
    const std::string file = format_filepath(spec_.filepath, epoch, logs, batch);
    const double* value = find_log(logs, spec_.monitor);
    if (!spec_.save_best_only || value == nullptr) {
      run.save_weights(file);
      run.event("saved", fmt::format("Epoch {}: saving model to {}", epoch + 1, file), spec_.verbose > 0);
      return;
    }
    const bool better = monitor_.improves(*value, state_.best);
    const std::string before = state_.best                      ? fmt::format("{:.5f}", *state_.best)
                               : spec_.first == FirstBest::none ? "None"
                               : monitor_.improves(0, 1)        ? "inf"
                                                                : "-inf";
    if (!better) {
      run.event("kept", fmt::format("Epoch {}: {} did not improve from {}", epoch + 1, spec_.monitor, before), spec_.verbose > 0);
      return;
    }
    state_.best = *value;
    run.save_weights(file);
    run.event("improved",
              fmt::format("Epoch {}: {} improved from {} to {:.5f}, saving model to {}", epoch + 1, spec_.monitor, before, *value, file),
              spec_.verbose > 0);
  }

  // As in Keras, the name says what is written.
  void format_filepath_check() const {
    const std::string& file = spec_.filepath.value();
    if (format_of_name(file) != WeightFormat::keras && !spec_.save_weights_only)
      throw Error({.category = Category::usage,
                   .where = "model_checkpoint",
                   .what = "save_weights_only=false writes whole models",
                   .expected = "a file ending in .keras",
                   .got = file});
  }
  ModelCheckpoint spec_;
  Monitor monitor_;
  CheckpointState state_;
};

}  // namespace

std::string format_filepath(const std::string& pattern, std::int64_t epoch, const EpochLogs& logs, std::optional<std::int64_t> batch) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const auto end = pattern.find('}', i);
    if (pattern[i] != '{' || end == std::string::npos) {
      out += pattern[i++];
      continue;
    }
    const std::string inside = pattern.substr(i + 1, end - i - 1), name = inside.substr(0, inside.find(':'));
    const std::string format = "{" + (inside.size() > name.size() ? inside.substr(name.size()) : std::string{}) + "}";
    try {
      if (name == "epoch") {
        out += fmt::format(fmt::runtime(format), epoch + 1);
      } else if (name == "batch" && batch) {
        out += fmt::format(fmt::runtime(format), *batch + 1);
      } else if (const double* value = find_log(logs, name)) {
        out += fmt::format(fmt::runtime(format), *value);
      } else {
        std::string known = "epoch";
        for (const auto& [key, unused] : logs) known += ", " + key;
        throw Error({.category = Category::usage,
                     .where = "filepath \"" + pattern + "\"",
                     .what = "no such value",
                     .expected = known,
                     .got = name});
      }
    } catch (const fmt::format_error& e) {
      throw Error({.category = Category::usage,
                   .where = "filepath \"" + pattern + "\"",
                   .what = std::string("bad format: ") + e.what(),
                   .got = inside});
    }
    i = end + 1;
  }
  return out;
}

std::unique_ptr<Callback> make_callback(const ModelCheckpoint& spec) { return std::make_unique<ModelCheckpointCallback>(spec); }

}  // namespace lehr
