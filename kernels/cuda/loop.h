// loop.h: a CUDA graph that runs its body several times a launch: a conditional node of the kind WHILE around the captured work, whose last kernel
// counts turns and says whether there is another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/cuda.h"

namespace lehr {

/// Such nodes came with CUDA 12.4; the driver and the runtime that the program was built with must both know them.
constexpr bool can_loop(const CudaDevice& device) { return device.driver_version >= 12040 && device.runtime_version >= 12040; }

/// Empty where the work holds something that the body of a loop may not (a copy from the host, an event); the stream is usable after. The work is
/// captured once, `times` is 2^31 at most.
std::unique_ptr<Recording> record_loop(Cuda& cuda, const std::function<void()>& work, std::int64_t times);

/// CUDA's cudaGraphConditionalHandle.
using LoopHandle = unsigned long long;
/// The last kernel of the body. `turns` is 0 before the first launch and after each.
void count_turn(Stream& stream, LoopHandle loop, std::uint32_t* turns, std::uint32_t times);

}  // namespace lehr
