#include "kernels/cpu/ours/tile.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/check/op.h"

namespace lehr {
namespace {

using ours::TileLevel;

std::vector<TileLevel> usable_levels() {
  std::vector<TileLevel> levels{TileLevel::portable};
  for (const TileLevel level : {TileLevel::avx2, TileLevel::avx512})
    if (level <= ours::best_tile_level()) levels.push_back(level);
  return levels;
}

std::vector<float> floats(std::size_t count, std::uint32_t stream) {
  const auto values = check::uniform(count, stream);
  return {values.begin(), values.end()};
}

/// A sum of 2 x 3 x 5 products; rows and columns of every tail; columns beyond the block must stay as they are.
void check_block(TileLevel level, std::int64_t rows, std::int64_t columns, bool accumulate, bool bias) {
  const ours::TileSum sum{.outer = 2,
                          .middle = 3,
                          .inner = 5,
                          .a_row = 2,
                          .a_outer = 90,
                          .a_middle = 13,
                          .a_inner = 2,
                          .b_outer = 1600,
                          .b_middle = 520,
                          .b_inner = 101};
  const auto a = floats(400, 1), b = floats(3400, 2), start = floats(static_cast<std::size_t>(rows * (columns + 1)), 3),
             added = floats(100, 4);
  std::vector<float> c = start;
  const std::int64_t stride = columns + 1;
  ours::tile_block(
      level, sum, a.data(), b.data(), rows, columns,
      {.c = c.data(), .stride = stride, .bias = bias ? added.data() : nullptr, .accumulate = accumulate, .low = -1.5F, .high = 1.25F});
  double worst = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      double want = accumulate ? start[static_cast<std::size_t>(i * stride + j)] : bias ? added[static_cast<std::size_t>(j)] : 0;
      for (std::int64_t s = 0; s < 2; ++s)
        for (std::int64_t t = 0; t < 3; ++t)
          for (std::int64_t k = 0; k < 5; ++k)
            want += static_cast<double>(a[static_cast<std::size_t>(2 * i + 90 * s + 13 * t + 2 * k)]) *
                    b[static_cast<std::size_t>(1600 * s + 520 * t + 101 * k + j)];
      want = std::min(1.25, std::max(-1.5, want));
      worst = std::max(worst, std::abs(want - c[static_cast<std::size_t>(i * stride + j)]));
    }
    CHECK(c[static_cast<std::size_t>(i * stride + columns)] == start[static_cast<std::size_t>(i * stride + columns)]);
  }
  CHECK(worst < 1e-5);
}

}  // namespace

TEST_CASE("tile: every level of the instruction set agrees with float64") {
  for (const TileLevel level : usable_levels())
    for (const std::int64_t rows : {1, 2, 3, 5, 6, 7, 8, 9, 13, 17, 25})
      for (const std::int64_t columns : {1, 4, 7, 8, 15, 16, 17, 31, 32, 48, 49, 64, 65, 95}) {
        CAPTURE(static_cast<int>(level));
        CAPTURE(rows);
        CAPTURE(columns);
        check_block(level, rows, columns, false, false);
        check_block(level, rows, columns, false, true);
        check_block(level, rows, columns, true, false);
      }
}

TEST_CASE("tile: NaN passes the clamp") {
  for (const TileLevel level : usable_levels()) {
    const std::vector<float> a(8, std::numeric_limits<float>::quiet_NaN()), b(16, 1.0F);
    std::vector<float> c(16);
    ours::tile_block(level, {.inner = 1, .a_row = 1, .b_inner = 16}, a.data(), b.data(), 1, 16, {.c = c.data(), .stride = 16, .low = 0});
    for (const float v : c) CHECK(std::isnan(v));
  }
}

}  // namespace lehr
