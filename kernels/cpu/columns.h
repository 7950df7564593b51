// columns.h: sums over the rows of a [rows, channels] array, channel by channel, cut into chunks whose partial sums lie in a workspace.
// Where there are few channels several rows are taken as one wide row, so that the inner loop is long enough for vectors.
#pragma once

#include <algorithm>
#include <cstdint>

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
template <class Finish>
void sum_partials(const Columns& columns, const float* partials, std::int64_t stride, const Finish& finish) {
  constexpr std::int64_t block = 64;
  for (std::int64_t begin = 0; begin < columns.channels; begin += block) {
    const std::int64_t length = std::min(block, columns.channels - begin);
    double sums[block] = {};
    for (std::int64_t chunk = 0; chunk < columns.chunks; ++chunk)
      for (std::int64_t f = 0; f < columns.fold; ++f) {
        const float* p = partials + chunk * stride + f * columns.channels + begin;
        for (std::int64_t i = 0; i < length; ++i) sums[i] += static_cast<double>(p[i]);
      }
    for (std::int64_t i = 0; i < length; ++i) finish(begin + i, sums[i]);
  }
}

}  // namespace lehr
