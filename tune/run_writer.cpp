#include "tune/run_writer.h"

#include <algorithm>

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
  bool ending = false;
  {
    const std::lock_guard lock(mutex_);
    epoch.swap(newest_);
    ending = ending_;
  }
  if (!epoch) return;
  const History& history = epoch->state.history;
  folder_.write_history(history);
  for (; logged_ < history.events.size(); ++logged_) folder_.append_event(history.events[logged_]);
  const auto begin = Clock::now();
  const bool due = ending || begin >= due_;
  if (due) {
    write_weights(*epoch);
    constexpr int rest = 100;
    due_ = begin + std::min<Clock::duration>(rest * (Clock::now() - begin), std::chrono::minutes(1));
  }
  const std::lock_guard lock(mutex_);
  if (due || newest_)
    spare_ = *std::move(epoch);
  else
    newest_ = std::move(epoch);
}

void RunWriter::write_weights(const CheckpointImage& epoch) {
  write_best();
  write_checkpoint(folder_.file("checkpoint.lehr").string(), epoch);
}

void RunWriter::write_best() {
  std::optional<TensorFile> best;
  {
    const std::lock_guard lock(mutex_);
    best.swap(best_);
  }
  if (!best) return;
  try {
    write_tensor_file(folder_.file("best.weights.h5").string(), *best);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!best_) best_ = std::move(best);
    throw;
  }
}

void RunWriter::write_all() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  task_.submit([this] { write(); });
}

RunWriter::~RunWriter() {
  try {
    write_all();
  } catch (...) {  // no memory: the checkpoint before stands
    return;
  }
}

void RunWriter::finish() {
  write_all();
  task_.wait();
  if (auto problem = task_.take_problem()) throw Error(*problem);
}

}  // namespace lehr
