// go_on.cuh: a kernel decides whether the loop that it runs in has another turn.
#pragma once

#ifdef LEHR_SIMT
#include "kernels/simt/loop.h"
#else
#include <cuda_runtime.h>
#endif

namespace lehr::device {

#ifdef LEHR_SIMT
inline void go_on(unsigned long long loop, bool more) { simt::go_on(loop, more); }
#elif CUDART_VERSION >= 12040
__device__ __forceinline__ void go_on(cudaGraphConditionalHandle loop, bool more) { cudaGraphSetConditional(loop, more ? 1 : 0); }
#else
__device__ __forceinline__ void go_on(unsigned long long, bool) {}  // can_loop() says no
#endif

}  // namespace lehr::device
