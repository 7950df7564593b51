// The kernel at the end of a loop's body (loop.h): one thread.
#include "kernels/cuda/loop.h"

#include "kernels/cuda/device/go_on.cuh"
#include "kernels/cuda/launch.h"

namespace lehr {
namespace {

__global__ void count_turn_kernel(LoopHandle loop, std::uint32_t* turns, std::uint32_t times) {
  const std::uint32_t done = *turns + 1;
  const bool more = done < times;
  *turns = more ? done : 0;  // as the next launch wants to find it
  device::go_on(loop, more);
}

}  // namespace

void count_turn(Stream& stream, LoopHandle loop, std::uint32_t* turns, std::uint32_t times) {
  launch(count_turn_kernel, 1, 1, 0, stream, loop, turns, times);
}

}  // namespace lehr
