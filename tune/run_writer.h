// run_writer.h: what a run leaves after every epoch, written by a thread of its own: history and log, then best weights and the checkpoint. A
// run that is killed in between does the epochs since its checkpoint again, files and all.
// Weights wait while less than a hundred times as long has passed as writing them last took (a minute at most), and the newest are written
// then, or at the end: a network that trains an epoch in half a second would spend a fifth of its time on writing (docs/benchmarks/overhead.md).
#pragma once

#include <chrono>
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
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;
  ~RunWriter();                        ///< writes what is left, whatever ended the run
  void best(TensorFile weights);       ///< best.weights.h5, with the next checkpoint
  void submit(CheckpointImage epoch);  ///< its state holds the history
  CheckpointImage reusable();          ///< memory of an image that is written
  std::optional<Error> take_problem() { return task_.take_problem(); }
  /// Waits for all of it; what could not be written then throws.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void write();
  void write_weights(const CheckpointImage& epoch);
  void write_best();
  void write_all();
  RunFolder folder_;
  std::size_t logged_;
  std::mutex mutex_;
  std::optional<CheckpointImage> newest_;  ///< not yet in checkpoint.lehr
  std::optional<TensorFile> best_;
  CheckpointImage spare_;
  bool ending_ = false;
  Clock::time_point due_ = {};  ///< weights are not written before; only the writing thread looks at it
  LatestTask task_;             ///< last: it ends first
};

}  // namespace lehr
