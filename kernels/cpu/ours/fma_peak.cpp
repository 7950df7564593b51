// Twelve sums in registers hide the latency of a multiply-add (4 cycles, two units); nothing is loaded in the loop.
#include "kernels/cpu/ours/fma_peak.h"

#include "kernels/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace lehr::ours {
namespace {

constexpr int sums = 12;

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("avx512f")]] float f32_avx512(std::int64_t repeats) {
  const __m512 scale = _mm512_set1_ps(0.999F), step = _mm512_set1_ps(1e-3F);
  __m512 sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = _mm512_set1_ps(static_cast<float>(i));
  for (std::int64_t r = 0; r < repeats; ++r)
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i) sum[i] = _mm512_fmadd_ps(sum[i], scale, step);  // NOLINT(modernize-loop-convert)
  for (int i = 1; i < sums; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
  float out[16];
  _mm512_storeu_ps(out, sum[0]);
  return out[0] + out[15];
}

[[gnu::target("avx512f,avx512bf16")]] float bf16_avx512(std::int64_t repeats) {
  const __m512 ones = _mm512_set1_ps(1e-3F);
  const __m512bh a = _mm512_cvtne2ps_pbh(ones, ones);
  __m512 sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = _mm512_set1_ps(static_cast<float>(i));
  for (std::int64_t r = 0; r < repeats; ++r)
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i) sum[i] = _mm512_dpbf16_ps(sum[i], a, a);  // NOLINT(modernize-loop-convert)
  for (int i = 1; i < sums; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
  float out[16];
  _mm512_storeu_ps(out, sum[0]);
  return out[0] + out[15];
}

[[gnu::target("avx2,fma")]] float f32_avx2(std::int64_t repeats) {
  const __m256 scale = _mm256_set1_ps(0.999F), step = _mm256_set1_ps(1e-3F);
  __m256 sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = _mm256_set1_ps(static_cast<float>(i));
  for (std::int64_t r = 0; r < repeats; ++r)
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i) sum[i] = _mm256_fmadd_ps(sum[i], scale, step);  // NOLINT(modernize-loop-convert)
  float out[8];
  for (int i = 1; i < sums; ++i) sum[0] = _mm256_add_ps(sum[0], sum[i]);
  _mm256_storeu_ps(out, sum[0]);
  return out[0] + out[7];
}
#endif

/// Multiply-adds of one instruction.
int lanes(DType dtype) {
#if defined(__x86_64__) && defined(__GNUC__)
  const CpuFeatures cpu = cpu_features();
  if (dtype == DType::bf16) return cpu.avx512_bf16 ? 32 : 0;
  if (dtype == DType::f32) return cpu.avx512 ? 16 : cpu.avx2 ? 8 : 0;
#endif
  static_cast<void>(dtype);
  return 0;
}

}  // namespace

double fma_peak_flops(DType dtype, std::int64_t repeats) { return 2.0 * lanes(dtype) * sums * static_cast<double>(repeats); }

float fma_peak(DType dtype, std::int64_t repeats) {
#if defined(__x86_64__) && defined(__GNUC__)
  if (lanes(dtype) == 32) return bf16_avx512(repeats);
  if (lanes(dtype) == 16) return f32_avx512(repeats);
  if (lanes(dtype) == 8) return f32_avx2(repeats);
#endif
  return static_cast<float>(repeats);
}

}  // namespace lehr::ours
