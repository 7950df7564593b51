// fma_peak.h: multiply-adds that touch no memory: what the arithmetic units of one thread do at best.
#pragma once

#include <cstdint>

#include "kernels/dtype.h"

namespace lehr::ours {

/// Floating-point operations (a multiply-add is two) of fma_peak(dtype, repeats); 0 where this processor has no code for it here.
double fma_peak_flops(DType dtype, std::int64_t repeats);

/// Runs them. The result depends on all of them, so that none is left out.
float fma_peak(DType dtype, std::int64_t repeats);

}  // namespace lehr::ours
