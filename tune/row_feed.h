// row_feed.h: where the steps of an epoch find their rows: in arrays that the device can reach, or in the bounded ring that reads ahead.
// Both give the same rows in the same order, so a streamed run has the bits of a resident one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/data/dataset.h"
#include "tune/step_plan.h"

namespace lehr {

constexpr std::uint32_t shuffle_stream = 0x5u;  ///< of the orders of rows; the epoch is the step

class RowFeed {
 public:
  virtual ~RowFeed() = default;
  /// Before an epoch: its order of all rows (empty: their own), and how many of them are done already.
  virtual void start(std::span<const std::int32_t> order, std::int64_t done) = 0;
  /// Before the epoch's next steps: binds their batches. Throws the error of a row that could not be read.
  virtual void feed(const StepPlan& step) = 0;
  /// Whether feed() serves any number of steps, or one.
  virtual bool whole_epoch() const = 0;
};

/// What a plan reads beside the samples: labels in its own type, and the rows' weights. Both may be empty.
struct RowLabels {
  Array y = {}, sample_weights = {};
};
/// `data` and `labels` must outlive the feed. batch_size: of every batch but the last.
std::unique_ptr<RowFeed> make_row_feed(Backend& backend, const Dataset& data, const RowLabels& labels, std::int64_t batch_size);
/// Samples alone, in their own order.
std::unique_ptr<RowFeed> make_row_feed(Backend& backend, const Array& x);

/// What streaming holds: a batch for every reading thread, the one in use and one to spare.
struct StreamingRing {
  int slots = 0, threads = 0;
};
StreamingRing streaming_ring();

/// Samples and labels that a feed keeps in memory, bytes.
std::size_t feed_bytes(const Dataset& data, std::int64_t batch_size);

}  // namespace lehr
