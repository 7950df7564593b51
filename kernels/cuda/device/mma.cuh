// mma.cuh: tensor cores by mma.sync, one warp together. Which lane holds which elements: PTX ISA, "Matrix Fragments for mma.m16n8k16" and
// "mma.m16n8k8". row.col: a by rows, b by columns; sums in float32.
#pragma once

#include <cstdint>

#include "kernels/cuda/launch.h"

namespace lehr::device {

/// d[16x8] = a[16x16] b[16x8] + c. Words of a and b hold two bf16, the lower k in the lower half. Needs compute capability 8.0.
__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                                                  const float (&c)[4]) {
#ifdef LEHR_SIMT
  simt::mma_m16n8k16_bf16(d, a, b, c);
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
#else
  __trap();
#endif
}

/// d[16x8] = a[16x8] b[8x8] + c, operands rounded to tf32 before. Needs compute capability 8.0.
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                                                 const float (&c)[4]) {
#ifdef LEHR_SIMT
  simt::mma_m16n8k8_tf32(d, a, b, c);
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
               : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
#else
  __trap();
#endif
}

}  // namespace lehr::device
