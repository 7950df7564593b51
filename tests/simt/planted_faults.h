// planted_faults.h: kernels with one fault each, and beside each the same kernel without it.
#pragma once

#include "kernels/backend.h"
#include "kernels/view.h"

namespace lehr::planted {

enum class Plant {
  none,
  write_beyond_buffer,
  read_beyond_buffer,
  read_before_buffer,
  beyond_shared,
  host_memory,
  missing_barrier,
  divergent_barrier,
  barrier_after_return,
  inactive_lane,
  lane_outside_mask,
  shared_race,
  race_of_blocks,
  misaligned
};
/// y[count] = 2*x[count] by blocks of 64 threads, by a way that makes the fault possible.
void run(Plant plant, ConstView x, View y, Stream& stream);

}  // namespace lehr::planted
