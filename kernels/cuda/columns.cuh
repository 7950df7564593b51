// columns.cuh: sums over the rows of [rows, channels], per channel, in two launches and a fixed order: blocks of rows to one partial sum
// each, then the partial sums in the order of their rows.
#pragma once

#include <algorithm>

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {

constexpr unsigned column_lanes = 32, column_rows = 8;  // threads of a block: side by side over channels, and over rows

/// How [rows, channels] is cut; a function of the shape alone, so that bits do not depend on the device.
struct Columns {
  std::int64_t rows = 0, channels = 0, rows_a_block = 0, blocks = 0;
  std::size_t partials() const { return static_cast<std::size_t>(blocks * channels); }
};
inline Columns columns_for(std::int64_t rows, std::int64_t channels) {
  const std::int64_t rows_a_block = std::max<std::int64_t>(64, (rows + 255) / 256);
  return {rows, channels, rows_a_block, (rows + rows_a_block - 1) / rows_a_block};
}

namespace device {

/// One block: channels [first, first + 32n), the rows of blockIdx.y. visit(row, channel, sums) adds one row's n channels to `quantities`
/// sums of n numbers; they are then added over the block's threads and stored at partials[quantity][block][channel].
template <class Sum, int n, int quantities>
struct ColumnSums {
  Sum sum[column_rows][quantities][column_lanes * n + 1];  // one more: rows lie in different banks
};
template <int n, int quantities, class Sum, class Visit>
__device__ void sum_columns(const Columns& columns, Sum* partials, const Visit& visit) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * column_lanes * n, c = first + threadIdx.x * n;
  const std::int64_t begin = blockIdx.y * columns.rows_a_block;
  const std::int64_t rows_end = begin + columns.rows_a_block, end = rows_end < columns.rows ? rows_end : columns.rows;
  Sum sums[quantities][n] = {};
  if (c < columns.channels)
    for (std::int64_t row = begin + threadIdx.y; row < end; row += column_rows) visit(row, c, sums);
  auto& all = shared<ColumnSums<Sum, n, quantities>>();
#pragma unroll
  for (int q = 0; q < quantities; ++q)
#pragma unroll
    for (int j = 0; j < n; ++j) all.sum[threadIdx.y][q][threadIdx.x * n + j] = sums[q][j];
  __syncthreads();
  const unsigned thread = threadIdx.y * column_lanes + threadIdx.x;
  for (unsigned i = thread; i < column_lanes * n * quantities; i += column_lanes * column_rows) {
    const unsigned q = i / (column_lanes * n), k = i % (column_lanes * n);
    if (first + k >= columns.channels) continue;
    Sum total = 0;
    for (unsigned r = 0; r < column_rows; ++r) total += all.sum[r][q][k];
    partials[(q * columns.blocks + blockIdx.y) * columns.channels + first + k] = total;
  }
}

/// Partial sums of one quantity and channel, in double and in order.
template <class Sum>
__device__ double sum_of_partials(const Columns& columns, const Sum* partials, std::int64_t quantity, std::int64_t channel) {
  double total = 0;
  for (std::int64_t b = 0; b < columns.blocks; ++b)
    total += static_cast<double>(partials[(quantity * columns.blocks + b) * columns.channels + channel]);
  return total;
}

}  // namespace device

inline dim3 column_block() { return {column_lanes, column_rows}; }
inline dim3 column_grid(const Columns& columns, int channels_a_thread) {
  return {blocks_for(columns.channels, channels_a_thread, column_lanes).x, static_cast<unsigned>(columns.blocks)};
}

}  // namespace lehr
