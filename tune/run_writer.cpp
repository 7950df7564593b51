#include "tune/run_writer.h"

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
  auto held = std::make_shared<CheckpointImage>(std::move(epoch));
  task_.submit([this, held] { write(*held); });
}

void RunWriter::write(CheckpointImage& epoch) {
  const History& history = epoch.state.history;
  folder_.write_history(history);
  std::optional<TensorFile> best;
  {
    const std::lock_guard lock(mutex_);
    best.swap(best_);
  }
  if (best) {
    try {
      write_tensor_file(folder_.file("best.weights.h5").string(), *best);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!best_) best_ = std::move(best);
      throw;
    }
  }
  for (; logged_ < history.events.size(); ++logged_) folder_.append_event(history.events[logged_]);
  write_checkpoint(folder_.file("checkpoint.lehr").string(), epoch);
  const std::lock_guard lock(mutex_);
  spare_ = std::move(epoch);
}

void RunWriter::finish() {
  task_.wait();
  if (auto problem = task_.take_problem()) throw Error(*problem);
}

}  // namespace lehr
