#include "tune/run_writer.h"

#include "engine/atomic_file.h"

namespace lehr {

void RunWriter::best(TensorFile weights) {
  const std::lock_guard lock(mutex_);
  best_ = std::move(weights);
}

CheckpointImage RunWriter::reusable() {
  const std::lock_guard lock(mutex_);
  return std::exchange(spare_, {});
}

void RunWriter::submit(CheckpointImage epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (newest_) spare_ = *std::move(newest_);
    newest_ = std::move(epoch);
  }
  task_.submit([this] { write(); });
}

void RunWriter::write() {
  std::optional<CheckpointImage> epoch;
  {
    const std::lock_guard lock(mutex_);
    epoch.swap(newest_);
  }
  if (!epoch) return;
  const History& history = epoch->state.history;
  folder_.update_history(history);
  for (; logged_ < history.events.size(); ++logged_) folder_.append_event(history.events[logged_]);
  write_best();
  write_checkpoint(folder_.file("checkpoint.lehr").string(), *epoch);
  const std::lock_guard lock(mutex_);
  spare_ = *std::move(epoch);
}

void RunWriter::write_best() {
  std::optional<TensorFile> best;
  {
    const std::lock_guard lock(mutex_);
    best.swap(best_);
  }
  if (best) best_tree_ = to_variable_paths(*std::move(best));
  if (!best_tree_) return;
  const auto file = folder_.file("best.weights.h5");
  best_tree_->source = file.string();
  write_file_atomically(file, encoder_.encode(*best_tree_));
  best_tree_.reset();
}

void RunWriter::finish() {
  task_.wait();
  if (auto problem = task_.take_problem()) throw Error(*problem);
}

}  // namespace lehr
