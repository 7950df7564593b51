#include "kernels/cpu/ours/tile.h"

#include <algorithm>

#include "kernels/cpu/ours/tile_avx512.h"
#include "kernels/cpu/parallel.h"

namespace lehr::ours {
namespace {

constexpr std::int64_t portable_rows = 4, portable_columns = 16;

float clamp_to(const TileOutput& out, float v) { return v < out.low ? out.low : v > out.high ? out.high : v; }

float start_of(const TileOutput& out, std::int64_t i, std::int64_t j) {
  if (out.accumulate) return out.c[i * out.stride + j];
  return out.bias != nullptr ? out.bias[j] : 0.0F;
}

/// A full 4 x 16 block: sixteen columns are two AVX2 registers, four rows of them leave room for b.
LEHR_SIMD void full_block(const TileSum& sum, const float* a, const float* b, const TileOutput& out) {
  float acc[portable_rows][portable_columns];
  for (std::int64_t i = 0; i < portable_rows; ++i)
    for (std::int64_t j = 0; j < portable_columns; ++j) acc[i][j] = start_of(out, i, j);
  for (std::int64_t s = 0; s < sum.outer; ++s)
    for (std::int64_t t = 0; t < sum.middle; ++t) {
      const float* ak = a + s * sum.a_outer + t * sum.a_middle;
      const float* bk = b + s * sum.b_outer + t * sum.b_middle;
      for (std::int64_t k = 0; k < sum.inner; ++k, ak += sum.a_inner, bk += sum.b_inner)
        for (std::int64_t i = 0; i < portable_rows; ++i) {
          const float x = ak[i * sum.a_row];
          for (std::int64_t j = 0; j < portable_columns; ++j) acc[i][j] += x * bk[j];
        }
    }
  for (std::int64_t i = 0; i < portable_rows; ++i)
    for (std::int64_t j = 0; j < portable_columns; ++j) out.c[i * out.stride + j] = clamp_to(out, acc[i][j]);
}

LEHR_SIMD void partial_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns,
                             const TileOutput& out) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float acc[portable_columns];
    for (std::int64_t j = 0; j < columns; ++j) acc[j] = start_of(out, i, j);
    for (std::int64_t s = 0; s < sum.outer; ++s)
      for (std::int64_t t = 0; t < sum.middle; ++t) {
        const float* ak = a + i * sum.a_row + s * sum.a_outer + t * sum.a_middle;
        const float* bk = b + s * sum.b_outer + t * sum.b_middle;
        for (std::int64_t k = 0; k < sum.inner; ++k, ak += sum.a_inner, bk += sum.b_inner)
          for (std::int64_t j = 0; j < columns; ++j) acc[j] += *ak * bk[j];
      }
    for (std::int64_t j = 0; j < columns; ++j) out.c[i * out.stride + j] = clamp_to(out, acc[j]);
  }
}

void portable_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns, const TileOutput& out) {
  for (std::int64_t j = 0; j < columns; j += portable_columns)
    for (std::int64_t i = 0; i < rows; i += portable_rows) {
      const std::int64_t r = std::min(portable_rows, rows - i), n = std::min(portable_columns, columns - j);
      TileOutput part = out;
      part.c = out.c + i * out.stride + j;
      part.bias = out.bias == nullptr ? nullptr : out.bias + j;
      if (r == portable_rows && n == portable_columns)
        full_block(sum, a + i * sum.a_row, b + j, part);
      else
        partial_block(sum, a + i * sum.a_row, b + j, r, n, part);
    }
}

}  // namespace

TileLevel best_tile_level() { return avx512_usable() ? TileLevel::avx512 : TileLevel::portable; }

void tile_block(TileLevel level, const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns,
                const TileOutput& out) {
  if (level == TileLevel::avx512)
    avx512_block(sum, a, b, rows, columns, out);
  else
    portable_block(sum, a, b, rows, columns, out);
}

}  // namespace lehr::ours
