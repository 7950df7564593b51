// run_writer.h: what a run leaves after every epoch, written by a thread of its own: history and log, then best weights and the checkpoint.
// Where epochs end faster than they can be written the newest waiting one takes the place of that before it; the last is always written. A
// run that is killed in between does the epochs since its checkpoint again, files and all.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "tune/checkpoint.h"
#include "tune/latest_task.h"
#include "tune/run_folder.h"
#include "weights/formats.h"

namespace lehr {

class RunWriter {
 public:
  /// `logged`: events that log.jsonl holds already.
  RunWriter(RunFolder folder, std::size_t logged) : folder_(std::move(folder)), logged_(logged) {}
  void best(TensorFile weights);       ///< best.weights.h5, before the next checkpoint
  void submit(CheckpointImage epoch);  ///< its state holds the history
  CheckpointImage reusable();          ///< memory of an image that is written
  std::optional<Error> take_problem() { return task_.take_problem(); }
  /// Waits for all of it; what could not be written then throws.
  void finish();

 private:
  void write();
  void write_best();
  RunFolder folder_;
  std::size_t logged_;
  std::mutex mutex_;
  std::optional<CheckpointImage> newest_;  ///< not begun
  std::optional<TensorFile> best_;
  CheckpointImage spare_;
  std::optional<Hdf5Tree> best_tree_;  ///< of the writing thread: not in its file yet
  Hdf5Encoder encoder_;
  LatestTask task_;  ///< last: it ends first, and writes what waits, whatever ended the run
};

}  // namespace lehr
