// run_writer.h: what a run leaves after every epoch, written by a thread of its own: history, log, best weights, then the checkpoint. A run
// that is killed in between does the epoch again, files and all.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "tune/checkpoint.h"
#include "tune/latest_task.h"
#include "tune/run_folder.h"
#include "weights/tensor_file.h"

namespace lehr {

class RunWriter {
 public:
  /// `logged`: events that log.jsonl holds already.
  RunWriter(RunFolder folder, std::size_t logged) : folder_(std::move(folder)), logged_(logged) {}
  void best(TensorFile weights);       ///< best.weights.h5, with the next epoch submitted
  void submit(CheckpointImage epoch);  ///< its state holds the history
  CheckpointImage reusable();          ///< memory of an image that is written
  std::optional<Error> take_problem() { return task_.take_problem(); }
  /// Waits for all of it; what could not be written then throws.
  void finish();

 private:
  void write(CheckpointImage& epoch);
  RunFolder folder_;
  std::size_t logged_;
  std::mutex mutex_;
  std::optional<TensorFile> best_;
  CheckpointImage spare_;
  LatestTask task_;  ///< last: it ends first
};

}  // namespace lehr
