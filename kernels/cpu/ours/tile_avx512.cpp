// Rows x vectors of 16 columns in registers: 8 x 3 = 24 sums of the 32 registers, eight broadcasts and three loads feed 24 multiply-adds.
#include "kernels/cpu/ours/tile_avx512.h"

#include <algorithm>
#include <array>
#include <utility>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define LEHR_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,fma")]]

namespace lehr::ours {
namespace {

constexpr int max_rows = 8;
constexpr int max_vectors = 3;

/// The last vector is masked: a masked load of all sixteen costs what a plain one does.
template <int rows, int vectors>
LEHR_AVX512 void registers(const TileSum& sum, const float* a, const float* b, __mmask16 last, const TileOutput& out) {
  __m512 acc[rows][vectors];
  constexpr __mmask16 all = 0xffff;
  const auto mask = [last](int v) { return v == vectors - 1 ? last : all; };
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      if (out.accumulate)
        acc[i][v] = _mm512_maskz_loadu_ps(mask(v), out.c + i * out.stride + 16 * v);
      else
        acc[i][v] = out.bias != nullptr ? _mm512_maskz_loadu_ps(mask(v), out.bias + 16 * v) : _mm512_setzero_ps();
    }
  for (std::int64_t s = 0; s < sum.outer; ++s)
    for (std::int64_t t = 0; t < sum.middle; ++t) {
      const float* ak = a + s * sum.a_outer + t * sum.a_middle;
      const float* bk = b + s * sum.b_outer + t * sum.b_middle;
      for (std::int64_t k = 0; k < sum.inner; ++k, ak += sum.a_inner, bk += sum.b_inner) {
        __m512 bv[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v)
          bv[v] = v == vectors - 1 ? _mm512_maskz_loadu_ps(last, bk + 16 * v) : _mm512_loadu_ps(bk + 16 * v);
#pragma GCC unroll 8
        for (int i = 0; i < rows; ++i) {
          const __m512 x = _mm512_set1_ps(ak[i * sum.a_row]);
#pragma GCC unroll 4
          for (int v = 0; v < vectors; ++v) acc[i][v] = _mm512_fmadd_ps(x, bv[v], acc[i][v]);
        }
      }
    }
  const __m512 low = _mm512_set1_ps(out.low), high = _mm512_set1_ps(out.high);
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)  // the second operand of max and min is what a NaN keeps
      _mm512_mask_storeu_ps(out.c + i * out.stride + 16 * v, mask(v),
                            _mm512_maskz_min_ps(all, high, _mm512_maskz_max_ps(all, low, acc[i][v])));
}

using Block = void (*)(const TileSum&, const float*, const float*, __mmask16, const TileOutput&);
template <int... row>
constexpr auto column_of_blocks(std::integer_sequence<int, row...>) {
  return std::to_array<std::array<Block, max_vectors>>({{registers<row + 1, 1>, registers<row + 1, 2>, registers<row + 1, 3>}...});
}
constexpr auto blocks = column_of_blocks(std::make_integer_sequence<int, max_rows>{});

}  // namespace

bool avx512_usable() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq");
}

void avx512_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns, const TileOutput& out) {
  for (std::int64_t j = 0; j < columns;) {
    // 64 columns as 2 + 2 vectors and not 3 + 1: a single vector is bound by its broadcasts.
    const std::int64_t left = (columns - j + 15) / 16;
    const std::int64_t vectors = left == 4 ? 2 : std::min<std::int64_t>(left, max_vectors);
    const std::int64_t width = std::min(columns - j, 16 * vectors);
    const auto last = static_cast<__mmask16>((1U << static_cast<unsigned>(width - 16 * (vectors - 1))) - 1U);
    const std::int64_t tiles = (rows + max_rows - 1) / max_rows;  // 25 rows as 7 + 6 + 6 + 6 and not 8 + 8 + 8 + 1
    for (std::int64_t tile = 0, i = 0; tile < tiles; ++tile) {
      const std::int64_t r = (rows - i + tiles - tile - 1) / (tiles - tile);
      TileOutput part = out;
      part.c = out.c + i * out.stride + j;
      part.bias = out.bias == nullptr ? nullptr : out.bias + j;
      blocks[static_cast<std::size_t>(r - 1)][static_cast<std::size_t>(vectors - 1)](sum, a + i * sum.a_row, b + j, last, part);
      i += r;
    }
    j += width;
  }
}

}  // namespace lehr::ours

#else

namespace lehr::ours {

bool avx512_usable() { return false; }
void avx512_block(const TileSum&, const float*, const float*, std::int64_t, std::int64_t, const TileOutput&) {}

}  // namespace lehr::ours
#endif
