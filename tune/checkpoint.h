// checkpoint.h: checkpoint.lehr, all that a bit-exact resume needs: weights, optimizer slots, counters, position, callbacks, history.
// The file is an npz of named arrays with a JSON document beside them; written whole, then renamed over the old one.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tune/model.h"

namespace lehr {

/// Everything copied to the host: may be written later, by another thread.
struct CheckpointImage {
  NamedArrays arrays;
};
CheckpointImage capture_checkpoint(const Model& model, const TrainingState& state);
void write_checkpoint(const std::string& file, const CheckpointImage& image);

/// Restores weights, slots and counters into the model and returns the rest. A checkpoint of another format, network or optimizer is refused
/// with the difference: Error{data}.
TrainingState read_checkpoint(const std::string& file, Model& model);

/// Writes images on a thread of its own, the newest only: training never waits for the disk. Errors surface at the next submit or at finish.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::string file);
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;
  ~CheckpointWriter();
  void submit(CheckpointImage image);
  void finish();  ///< waits until everything is on disk

 private:
  void work();
  void rethrow();
  std::string file_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::optional<CheckpointImage> next_;
  bool writing_ = false, ending_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace lehr
