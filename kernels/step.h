// step.h: the numbers that change from step to step. The host computes them in double, once an epoch, and uploads a table; kernels read
// row[cursor]. So a replayed CUDA graph, a schedule and a callback need no kernel argument that changes.
#pragma once

#include <cstdint>

namespace lehr {

/// One row a step, 48 bytes. What `a`, `b`, `c` mean belongs to the optimizer's rule (optimizer_rules.h).
struct StepRow {
  float learning_rate = 0;
  float a = 0, b = 0, c = 0;
  float decay = 0;              ///< learning_rate * weight_decay: w -= decay*w before the update
  std::uint32_t apply = 1;      ///< 0: this step only accumulates gradients
  float average = 0;            ///< share of the weights that goes into their running average (use_ema)
  std::uint32_t overwrite = 0;  ///< the average becomes the weights
  float factor = 1;             ///< filled in by the optimizer's step: the segment's factor
  std::uint32_t reserved[3] = {0, 0, 0};
};
static_assert(sizeof(StepRow) == 48);

/// The device's own counters, advanced by the last operation of a training step.
struct StepCounters {
  std::int64_t step = 0;    ///< optimizer steps since the first fit: Philox's counter and Keras's `iterations`
  std::int64_t cursor = 0;  ///< step within the epoch: row of the step table, batch of the permutation
  std::int64_t sample = 0;  ///< first sample of the batch within the permutation
  std::int64_t stop = 0;    ///< set: later steps change nothing (NaN, divergence)
};
static_assert(sizeof(StepCounters) == 32);

}  // namespace lehr
