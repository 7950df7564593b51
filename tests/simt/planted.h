// planted.h: kernels with one fault each, and beside each the same kernel without it. What each does without: y[count] = 2*x[count], by blocks of
// 64 threads.
#pragma once

#include "kernels/backend.h"
#include "kernels/view.h"

namespace lehr::planted {

/// Memory that is not the kernel's (planted_reach.cu).
enum class Reach {
  none,
  write_beyond_buffer,
  write_before_buffer,
  read_beyond_buffer,
  read_before_buffer,
  read_beyond_shared,
  write_beyond_shared,
  read_of_host,
  write_to_host,
  other_threads_local,
  trap
};
void run(Reach plant, ConstView x, View y, Stream& stream);

/// Two threads, one place, and nothing between (planted_races.cu).
enum class Race {
  none,
  missing_barrier,
  missing_syncwarp,
  two_writes_to_shared,
  two_writes_of_a_block,
  two_writes_of_blocks,
  read_and_write_of_a_warp,
  read_and_write_of_blocks,
  atomic_and_plain
};
void run(Race plant, ConstView x, View y, Stream& stream);

/// Threads that should meet (planted_meetings.cu).
enum class Meeting {
  none,
  divergent_barrier,
  barrier_after_return,
  barrier_and_syncwarp,
  shuffle_without_lanes,
  vote_without_lanes,
  lane_outside_mask,
  lane_not_in_its_own_mask,
  shuffle_and_vote,
  two_masks
};
void run(Meeting plant, ConstView x, View y, Stream& stream);

/// What UndefinedBehaviorSanitizer knows, and host code of a .cu file: these end the program (planted_slips.cu).
enum class Slip { none, misaligned_read, misaligned_write, overflow, shift, beyond_local_array, read_by_host, write_by_host };
void run(Slip plant, ConstView x, View y, Stream& stream);

/// Kernels that break no rule and are wrong (planted_slips.cu).
enum class Wrong { none, element_not_written, shared_not_written, order_of_blocks, order_of_threads };
void run(Wrong plant, ConstView x, View y, Stream& stream);

/// Launches that no GPU would begin (planted_slips.cu).
enum class TooLarge { none, threads, threads_in_z, blocks_in_y, dynamic_shared, shared };
void run(TooLarge plant, ConstView x, View y, Stream& stream);

}  // namespace lehr::planted
