// tile.h: the inner loop of our own products and convolutions: a block of sums of products, kept in registers.
//   c[i,j] = clamp(start + sum over s, t, k of a[i*a_row + s*a_outer + t*a_middle + k*a_inner] * b[s*b_outer + t*b_middle + k*b_inner + j])
// Three nested sums are what a convolution needs (kernel rows, kernel columns, channels); a product uses one. The order of summation is
// s, t, k for every element, whatever block it falls into: the bits depend on the instruction set alone.
#pragma once

#include <cstdint>
#include <limits>

namespace lehr::ours {

struct TileSum {
  std::int64_t outer = 1, middle = 1, inner = 1;  ///< lengths
  std::int64_t a_row = 0, a_outer = 0, a_middle = 0, a_inner = 1;
  std::int64_t b_outer = 0, b_middle = 0, b_inner = 0;
};

struct TileOutput {
  float* c = nullptr;
  std::int64_t stride = 0;      ///< from row to row
  const float* bias = nullptr;  ///< [columns] to start from; nullptr: zero
  bool accumulate = false;      ///< start from what c holds instead
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
};

enum class TileLevel { portable, avx2, avx512 };
TileLevel best_tile_level();

/// Rows x columns of c. a, b point at the sums' first elements for row 0, column 0.
void tile_block(TileLevel level, const TileSum& sum, const float* a, const float* b, std::int64_t rows, std::int64_t columns,
                const TileOutput& out);

}  // namespace lehr::ours
