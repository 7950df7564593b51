#include "kernels/cuda/transpose.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

constexpr unsigned side = 32, lines = 8;  // a tile of side x side by side x lines threads

struct Tile {
  float at[side][side + 1];  // one more: a column lies in different banks
};

template <class From, class To>
__global__ void transpose_kernel(const From* from, To* to, std::int64_t rows, std::int64_t columns) {
  auto& tile = shared<Tile>();
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * side, column = static_cast<std::int64_t>(blockIdx.y) * side;
  for (unsigned i = threadIdx.y; i < side; i += lines)
    if (row + i < rows && column + threadIdx.x < columns)
      tile.at[i][threadIdx.x] = device::as_float(from[(row + i) * columns + column + threadIdx.x]);
  __syncthreads();
  for (unsigned i = threadIdx.y; i < side; i += lines)
    if (column + i < columns && row + threadIdx.x < rows)
      to[(column + i) * rows + row + threadIdx.x] = device::from_float<To>(tile.at[threadIdx.x][i]);
}

__global__ void round_kernel(const float* from, bf16* to, std::int64_t count) {
  const std::int64_t i = device::first_element<1>();
  if (i < count) to[i] = device::from_float<bf16>(from[i]);
}

}  // namespace

void transpose_on_cuda(ConstView from, View to, std::int64_t rows, std::int64_t columns, Stream& stream) {
  const dim3 grid(blocks_for(rows, 1, side).x, blocks_for(columns, 1, side).x);
  with_float_on_cuda("transpose", from.dtype, [&]<class From>(From) {
    with_float_on_cuda("transpose", to.dtype, [&]<class To>(To) {
      launch(transpose_kernel<From, To>, grid, dim3(side, lines), 0, stream, from.as<From>(), to.as<To>(), rows, columns);
    });
  });
}

void round_on_cuda(const float* from, bf16* to, std::int64_t count, Stream& stream) {
  launch(round_kernel, blocks_for(count), block_threads, 0, stream, from, to, count);
}

}  // namespace lehr
