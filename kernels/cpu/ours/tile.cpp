#include "kernels/cpu/ours/tile.h"

#include <algorithm>

#include "kernels/cpu/ours/tile_avx2.h"
#include "kernels/cpu/ours/tile_avx512.h"

namespace lehr::ours {
namespace {

constexpr std::int64_t portable_rows = 4, portable_columns = 8;

/// Four floats: a register of every processor in use. The compiler's own vector type, so that sums surely stay in registers.
using Four = float __attribute__((vector_size(16)));

Four load(const float* from) {
  Four v;
  std::copy_n(from, 4, reinterpret_cast<float*>(&v));
  return v;
}

float clamp_to(const TileOutput& out, float v) { return v < out.low ? out.low : v > out.high ? out.high : v; }

float start_of(const TileOutput& out, std::int64_t i, std::int64_t j) {
  if (out.accumulate) return out.c[i * out.stride + j];
  return out.bias != nullptr ? out.bias[j] : 0.0F;
}

void full_block(const TileSum& sum, const float* a, const float* b, const TileOutput& out) {
  Four acc[portable_rows][2];
  for (std::int64_t i = 0; i < portable_rows; ++i)
    for (std::int64_t v = 0; v < 2; ++v)
      acc[i][v] = Four{start_of(out, i, 4 * v), start_of(out, i, 4 * v + 1), start_of(out, i, 4 * v + 2), start_of(out, i, 4 * v + 3)};
  for (std::int64_t s = 0; s < sum.outer; ++s)
    for (std::int64_t t = 0; t < sum.middle; ++t) {
      const float* ak = a + s * sum.a_outer + t * sum.a_middle;
      const float* bk = b + s * sum.b_outer + t * sum.b_middle;
      for (std::int64_t k = 0; k < sum.inner; ++k, ak += sum.a_inner, bk += sum.b_inner) {
        const Four left = load(bk), right = load(bk + 4);
#pragma GCC unroll 4
        for (std::int64_t i = 0; i < portable_rows; ++i) {
          acc[i][0] += ak[i * sum.a_row] * left;
          acc[i][1] += ak[i * sum.a_row] * right;
        }
      }
    }
  for (std::int64_t i = 0; i < portable_rows; ++i)
    for (std::int64_t j = 0; j < portable_columns; ++j) out.c[i * out.stride + j] = clamp_to(out, acc[i][j / 4][j % 4]);
}

void partial_block(const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns, const TileOutput& out) {
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

TileLevel best_tile_level() {
  if (avx512_usable()) return TileLevel::avx512;
  return avx2_usable() ? TileLevel::avx2 : TileLevel::portable;
}

void tile_block(TileLevel level, const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns,
                const TileOutput& out) {
  if (level == TileLevel::avx512)
    avx512_block(sum, a, b, rows, columns, out);
  else if (level == TileLevel::avx2)
    avx2_block(sum, a, b, rows, columns, out);
  else
    portable_block(sum, a, b, rows, columns, out);
}

}  // namespace lehr::ours
