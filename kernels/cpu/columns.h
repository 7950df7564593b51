// columns.h: sums over the rows of a [rows, channels] array, channel by channel, cut into chunks whose partial sums lie in a workspace.
// Where there are few channels several rows are taken as one wide row, so that the inner loop is long enough for vectors.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/cpu/element.h"

namespace lehr {

struct Columns {
  std::int64_t rows = 0, channels = 0;
  std::int64_t fold = 1;  ///< rows taken as one
  std::int64_t rows_per_chunk = 1, chunks = 0;
  std::int64_t width() const { return fold * channels; }
};

inline Columns columns_of(std::int64_t rows, std::int64_t channels) {
  constexpr std::int64_t most_chunks = 256;  // bounds the workspace and the serial sum over chunks
  Columns c{.rows = rows, .channels = channels};
  c.fold = std::max<std::int64_t>(1, std::min(rows, channels >= 64 ? 1 : (256 + channels - 1) / std::max<std::int64_t>(1, channels)));
  const std::int64_t wanted = std::max(row_chunk(channels), chunks_of(rows, most_chunks));
  c.rows_per_chunk = chunks_of(std::max<std::int64_t>(1, wanted), c.fold) * c.fold;
  c.chunks = chunks_of(rows, c.rows_per_chunk);
  return c;
}

/// sums[c] = sum over chunks and folded rows, in this order, in double; finish(channel, sum) for each. partials: [chunks][stride].
template <class Partial, class Finish>
void sum_partials(const Columns& columns, const Partial* partials, std::int64_t stride, const Finish& finish) {
  constexpr std::int64_t block = 64;
  for (std::int64_t begin = 0; begin < columns.channels; begin += block) {
    const std::int64_t length = std::min(block, columns.channels - begin);
    double sums[block] = {};
    for (std::int64_t chunk = 0; chunk < columns.chunks; ++chunk)
      for (std::int64_t f = 0; f < columns.fold; ++f) {
        const Partial* p = partials + chunk * stride + f * columns.channels + begin;
        for (std::int64_t i = 0; i < length; ++i) sums[i] += static_cast<double>(p[i]);
      }
    for (std::int64_t i = 0; i < length; ++i) finish(begin + i, sums[i]);
  }
}

/// totals[j][k] = sum of term_j(i, k) over i = k, k + stride, ... below `n`, for k < width: float32 over runs of 64 rows, double over runs,
/// so that the error does not grow with the number of rows. Call it from a LEHR_SIMD function.
template <class... Terms>
void column_sums(std::int64_t n, std::int64_t width, std::int64_t stride, const std::array<double*, sizeof...(Terms)>& totals,
                 const Terms&... terms) {
  constexpr std::int64_t block = 128, run_rows = 64;
  for (std::int64_t k0 = 0; k0 < width; k0 += block) {
    const std::int64_t length = std::min(block, width - k0);
    for (double* total : totals) std::fill_n(total + k0, length, 0.0);
    for (std::int64_t begin = k0; begin < n; begin += run_rows * stride) {
      const std::int64_t end = std::min(n, begin + run_rows * stride);
      float run[sizeof...(Terms)][block] = {};
      [&]<std::size_t... j>(std::index_sequence<j...>) {
        std::int64_t at = begin;
        // Four rows at a time, so that a sum is read and written once for four elements.
        for (; at + 3 * stride + length <= end; at += 4 * stride) {
          const std::int64_t a = at, b = a + stride, c = b + stride, d = c + stride;
#pragma omp simd
          for (std::int64_t k = 0; k < length; ++k)
            ((run[j][k] += (terms(a + k, k0 + k) + terms(b + k, k0 + k)) + (terms(c + k, k0 + k) + terms(d + k, k0 + k))), ...);
        }
        for (; at < end; at += stride) {
          const std::int64_t rest = std::min(length, end - at);
#pragma omp simd
          for (std::int64_t k = 0; k < rest; ++k) ((run[j][k] += terms(at + k, k0 + k)), ...);
        }
      }(std::index_sequence_for<Terms...>{});
      for (std::size_t j = 0; j < totals.size(); ++j)
        for (std::int64_t k = 0; k < length; ++k) totals[j][k0 + k] += static_cast<double>(run[j][k]);
    }
  }
}

/// to[f * channels + c] = of(c): a number a channel, for every column of a folded row.
template <class Of>
void tile(const Columns& columns, float* to, const Of& of) {
  for (std::int64_t c = 0; c < columns.channels; ++c) to[c] = of(c);
  for (std::int64_t i = columns.channels; i < columns.width(); ++i) to[i] = to[i - columns.channels];
}

}  // namespace lehr
