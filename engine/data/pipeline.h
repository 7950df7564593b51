// pipeline.h: host batches for sets that do not fit in memory: threads read ahead into a bounded ring of slots.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/data/dataset.h"

namespace lehr {

struct HostBatch {
  ConstView x = {}, y = {};  ///< rows of the set in the epoch's order; valid until the next call of next() or start()
  std::int64_t rows = 0;     ///< the last batch of an epoch may be ragged
};

/// Where a trainer pulls batches from. One caller at a time.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// Begins an epoch over these rows in this order; what is left of the one before is dropped.
  virtual void start(std::span<const std::int32_t> order) = 0;
  /// The next batch, or nothing at the end of the epoch. An error of a reading thread is thrown here, at the batch it belongs to.
  virtual std::optional<HostBatch> next() = 0;
};

struct PipelineOptions {
  std::int64_t batch_size = 32;
  int slots = 4;    ///< batches held at once: the bound on memory
  int threads = 2;  ///< reading ahead
};

/// `data` must outlive the source.
std::unique_ptr<BatchSource> make_batch_source(const Dataset& data, const PipelineOptions& options = {});

}  // namespace lehr
