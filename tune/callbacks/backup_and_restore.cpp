#include "tune/callbacks/backup_and_restore.h"

#include "tune/callbacks/callback_state.h"
#include "tune/checkpoint.h"

namespace lehr {

namespace {

/// All that it does happens around the fit.
class BackupCallback final : public StatelessCallback {};

}  // namespace

std::unique_ptr<Callback> make_callback(const BackupAndRestore&) { return std::make_unique<BackupCallback>(); }

FitResult fit_with_backup(Model& model, const Dataset& train, const FitOptions& given, const BackupAndRestore& spec) {
  const auto file = [&] { return (given.folder / spec.backup_dir.value() / "checkpoint.lehr").string(); };
  FitOptions options = given;
  std::erase_if(options.callbacks, [](const CallbackSpec& c) { return c.as<BackupAndRestore>() != nullptr; });
  model.resolve(train);
  if (!options.resume && checkpoint_exists(file())) options.resume = read_checkpoint(file(), model);
  std::optional<CheckpointWriter> writer;
  options.on_ready = [&](const MemoryUse& use) {
    if (given.on_ready) given.on_ready(use);
    options.folder = given.folder;  // made by now
    writer.emplace(file());
  };
  const auto back_up = [&](const TrainingState& state) { writer->submit(capture_checkpoint(model, state)); };
  options.on_epoch = [&](const TrainingState& state) {
    if (given.on_epoch) given.on_epoch(state);
    if (spec.save_freq.epochs()) back_up(state);
  };
  if (!spec.save_freq.epochs()) {
    options.snapshot_every = spec.save_freq.batches;
    options.on_batches = back_up;
  }
  FitResult result = model.fit_run(train, options);
  if (result.interrupted) back_up(result.state);
  writer->finish();
  if (!result.interrupted && spec.delete_checkpoint) remove_checkpoint(file());
  return result;
}

}  // namespace lehr
