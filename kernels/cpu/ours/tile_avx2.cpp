// Rows x vectors of 8 columns in registers: 6 x 2 = 12 sums of the 16 registers.
#include "kernels/cpu/ours/tile_avx2.h"

#include <algorithm>
#include <array>
#include <utility>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define LEHR_AVX2 [[gnu::target("avx2,fma")]]

namespace lehr::ours {
namespace {

constexpr int max_rows = 6;
constexpr int max_vectors = 2;

/// Lanes below `columns` on: what maskload and maskstore take.
LEHR_AVX2 __m256i lanes(std::int64_t columns) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(columns)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

template <int rows, int vectors>
LEHR_AVX2 void registers(const TileSum& sum, const float* a, const float* b, std::int64_t last, const TileOutput& out) {
  const __m256i mask = lanes(last);
  __m256 acc[rows][vectors];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      const float* from = out.accumulate ? out.c + i * out.stride : out.bias;
      if (from == nullptr)
        acc[i][v] = _mm256_setzero_ps();
      else
        acc[i][v] = v == vectors - 1 ? _mm256_maskload_ps(from + 8 * v, mask) : _mm256_loadu_ps(from + 8 * v);
    }
  for (std::int64_t s = 0; s < sum.outer; ++s)
    for (std::int64_t t = 0; t < sum.middle; ++t) {
      const float* ak = a + s * sum.a_outer + t * sum.a_middle;
      const float* bk = b + s * sum.b_outer + t * sum.b_middle;
      for (std::int64_t k = 0; k < sum.inner; ++k, ak += sum.a_inner, bk += sum.b_inner) {
        __m256 bv[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) bv[v] = v == vectors - 1 ? _mm256_maskload_ps(bk + 8 * v, mask) : _mm256_loadu_ps(bk + 8 * v);
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i) {
          const __m256 x = _mm256_broadcast_ss(ak + i * sum.a_row);
#pragma GCC unroll 4
          for (int v = 0; v < vectors; ++v) acc[i][v] = _mm256_fmadd_ps(x, bv[v], acc[i][v]);
        }
      }
    }
  const __m256 low = _mm256_set1_ps(out.low), high = _mm256_set1_ps(out.high);
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {  // the second operand of max and min is what a NaN keeps
      const __m256 y = _mm256_min_ps(high, _mm256_max_ps(low, acc[i][v]));
      float* to = out.c + i * out.stride + 8 * v;
      if (v == vectors - 1)
        _mm256_maskstore_ps(to, mask, y);
      else
        _mm256_storeu_ps(to, y);
    }
}

using Block = void (*)(const TileSum&, const float*, const float*, std::int64_t, const TileOutput&);
template <int... row>
constexpr auto column_of_blocks(std::integer_sequence<int, row...>) {
  return std::to_array<std::array<Block, max_vectors>>({{registers<row + 1, 1>, registers<row + 1, 2>}...});
}
constexpr auto blocks = column_of_blocks(std::make_integer_sequence<int, max_rows>{});

}  // namespace

bool avx2_usable() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

void avx2_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns, const TileOutput& out) {
  for (std::int64_t j = 0; j < columns; j += 8 * max_vectors) {
    const std::int64_t width = std::min<std::int64_t>(columns - j, 8 * max_vectors), vectors = (width + 7) / 8;
    const std::int64_t tiles = (rows + max_rows - 1) / max_rows;
    for (std::int64_t tile = 0, i = 0; tile < tiles; ++tile) {
      const std::int64_t r = (rows - i + tiles - tile - 1) / (tiles - tile);
      TileOutput part = out;
      part.c = out.c + i * out.stride + j;
      part.bias = out.bias == nullptr ? nullptr : out.bias + j;
      blocks[static_cast<std::size_t>(r - 1)][static_cast<std::size_t>(vectors - 1)](sum, a + i * sum.a_row, b + j,
                                                                                     width - 8 * (vectors - 1), part);
      i += r;
    }
  }
}

}  // namespace lehr::ours

#else

namespace lehr::ours {

bool avx2_usable() { return false; }
void avx2_block(const TileSum&, const float*, const float*, std::int64_t, std::int64_t, const TileOutput&) {}

}  // namespace lehr::ours
#endif
