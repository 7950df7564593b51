// checkpoint.h: checkpoint.lehr, all that a bit-exact resume needs: weights, optimizer slots, counters, position, callbacks, history.
// The file is an npz of named arrays with a JSON document beside them; written whole, then renamed over the old one.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tune/latest_task.h"
#include "tune/model.h"

namespace lehr {

/// Where a checkpoint comes from. Another data set is refused; what else differs is said, since bits may differ from there on.
struct CheckpointOrigin {
  std::string program = {}, processor = {};
  int threads = 0;
  std::string data = {};  ///< data_fingerprint; empty: not compared
};
CheckpointOrigin checkpoint_origin(const Model& model, const Dataset& train);
/// Rows, shapes, types, and a hash of the contents (of a streamed set: of its labels).
std::string data_fingerprint(const Dataset& data);

/// Everything copied to the host: may be written later, by another thread.
struct CheckpointImage {
  NamedArrays arrays = {};   ///< weights, optimizer slots
  TrainingState state = {};  ///< what callbacks hold is shared, not copied
  CheckpointOrigin origin = {};
  std::string network = {}, optimizer = {}, input = {};
  std::uint64_t seed = 0;
  StepCounters counters = {};
};
/// Into `reused` where it has memory of the right sizes: a copy into memory that is there already takes a third of the time.
CheckpointImage capture_checkpoint(const Model& model, const TrainingState& state, const CheckpointOrigin& origin = {},
                                   CheckpointImage reused = {});
/// The file that was there becomes previous_checkpoint(file).
void write_checkpoint(const std::string& file, const CheckpointImage& image);
std::string previous_checkpoint(const std::string& file);  ///< a/checkpoint.lehr -> a/checkpoint.previous.lehr
bool checkpoint_exists(const std::string& file);           ///< it or the one before
void remove_checkpoint(const std::string& file);           ///< it, the one before, and their folder where nothing else is in it

/// Restores weights, slots and counters into the model and returns the rest. A checkpoint of another format, network, data set or optimizer
/// is refused with what differs: Error{data}. Where the file is damaged the previous one is read. `notes`: a line for each thing that a
/// person should know.
TrainingState read_checkpoint(const std::string& file, Model& model, const CheckpointOrigin& origin = {},
                              std::vector<std::string>* notes = nullptr);
/// The same for a training that may go on under another rate or momentum: the optimizer may differ, the size of its state may not.
struct AdoptedCheckpoint {
  TrainingState state = {};
  bool same_optimizer = true;
};
AdoptedCheckpoint adopt_checkpoint(const std::string& file, Model& model);

/// Writes images on a thread of its own, the newest only: training never waits for the disk. An image that cannot be written leaves the old
/// file as it is.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(std::string file) : file_(std::move(file)) {}
  void submit(CheckpointImage image);
  CheckpointImage reusable();           ///< the memory of one that is written, or nothing
  std::optional<Error> take_problem();  ///< what went wrong since the last question
  void finish();                        ///< waits until everything is on disk; throws what could not be written

 private:
  std::string file_;
  std::mutex mutex_;
  CheckpointImage spare_;
  LatestTask task_;  ///< last: it ends first
};

}  // namespace lehr
