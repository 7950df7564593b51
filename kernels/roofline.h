// roofline.h: what this machine can do at best, measured: the floor under every benchmark.
#pragma once

#include "kernels/cpu.h"

namespace lehr {

struct Roofline {
  double f32_flops = 0;   ///< per second, multiply and add counted as two: a register-blocked product out of the first-level cache
  double bf16_flops = 0;  ///< the best of a large bfloat16 product; f32_flops where that is faster
  double bytes = 0;       ///< per second to and from memory: a = b + s*c over arrays beyond every cache, three accesses an element
};

/// Takes about three times `seconds`; on the backend's threads, the best of many rounds.
Roofline measure_roofline(Cpu& cpu, double seconds = 0.2);

}  // namespace lehr
