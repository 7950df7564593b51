// roofline.h: what this machine can do at best, measured: the floor under every benchmark.
#pragma once

#include <cstddef>

#include "kernels/cpu.h"

namespace lehr {

struct Roofline {
  double f32_flops = 0;   ///< per second, multiply and add counted as two: multiply-adds in registers
  double bf16_flops = 0;  ///< the same in bfloat16, or a large product where that is faster
  double bytes = 0;       ///< per second: a = b + s*c over three arrays of the working set, three accesses an element
};

constexpr std::size_t beyond_caches = std::size_t{192} << 20U;

/// Takes about five times `seconds`; on the backend's threads, the best of many rounds. `working_set`, bytes: what the work in question
/// touches again and again. Where that fits a cache, the cache's bandwidth is the floor, not the memory's.
Roofline measure_roofline(Cpu& cpu, double seconds = 0.2, std::size_t working_set = beyond_caches);

/// The third of them alone, bytes per second.
double measure_bandwidth(const Cpu& cpu, double seconds, std::size_t working_set);

/// Bytes per second that a copy on the device reads and writes, half of the working set each: a GPU's roof.
double measure_copy_bandwidth(Backend& backend, double seconds, std::size_t working_set);

}  // namespace lehr
