// product_tiled.cuh, rung 2: a block of 16 x 16 threads walks along k in steps of 16. In each step it reads a tile of a and a tile of b into
// shared memory, one element a thread, and multiplies them there: an element that is read once serves 16 products, so memory is read 16
// times less than on rung 1. Two barriers a step: one until the tiles are whole, one until nobody needs them any more.
// The limit is now shared memory: two reads for each product.
#pragma once

#include "kernels/cuda/ours/product.cuh"

namespace lehr::ladder {

struct Tiled {
  static constexpr unsigned rows = 16, columns = 16;
  static dim3 block() { return {columns, rows}; }
};

struct TiledShared {
  float a[16][16 + 1], b[16][16 + 1];  // [row][k], [column][k]; one more, so that 16 rows lie in 16 banks
};

template <class A, class B, class T>
__global__ void product_tiled(Extent extent, A a, B b, Result<T> c) {
  const Part part = enter_part(extent, a, b, c);
  auto& tile = shared<TiledShared>();
  const int tx = static_cast<int>(threadIdx.x), ty = static_cast<int>(threadIdx.y);
  const int first_row = static_cast<int>(blockIdx.x) * 16, first_column = static_cast<int>(blockIdx.y) * 16;
  // A half-warp reads neighbours in memory: along k, or along the rows.
  const bool a_along_k = a.along_k(), b_along_k = b.along_k();
  const int a_row = a_along_k ? ty : tx, a_k = a_along_k ? tx : ty, b_row = b_along_k ? ty : tx, b_k = b_along_k ? tx : ty;
  const int i = first_row + a_row, j = first_column + b_row;
  const auto row = a.row(i < extent.m ? i : extent.m - 1);
  const auto column = b.row(j < extent.n ? j : extent.n - 1);
  float sum = 0;
  for (int k = part.begin; k < part.end; k += 16) {
    tile.a[a_row][a_k] = k + a_k < part.end ? value_of<A>(a.where(row, a.depth(k + a_k))) : 0.0F;
    tile.b[b_row][b_k] = k + b_k < part.end ? value_of<B>(b.where(column, b.depth(k + b_k))) : 0.0F;
    __syncthreads();
#pragma unroll
    for (int step = 0; step < 16; ++step) sum += tile.a[ty][step] * tile.b[tx][step];
    __syncthreads();
  }
  if (first_row + ty < extent.m && first_column + tx < extent.n) store_one(c, first_row + ty, first_column + tx, sum);
}

}  // namespace lehr::ladder
