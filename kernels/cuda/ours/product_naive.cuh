// product_naive.cuh, rung 1: one thread, one output. Every product reads two elements from memory (or a cache); a 1024-cubed product reads
// 8 GB for 12 MB of data. It is here to be read, and to check the others by.
#pragma once

#include "kernels/cuda/ours/product.cuh"

namespace lehr::ladder {

struct Naive {
  static constexpr unsigned rows = 8, columns = 32;  // of c, a block: a warp writes 32 neighbours
  static dim3 block() { return {columns, rows}; }
};

template <class A, class B, class T>
__global__ void product_naive(Extent extent, A a, B b, Result<T> c) {
  const Part part = enter_part(extent, a, b, c);
  const int i = static_cast<int>(blockIdx.x * Naive::rows + threadIdx.y), j = static_cast<int>(blockIdx.y * Naive::columns + threadIdx.x);
  if (i >= extent.m || j >= extent.n) return;
  const auto row = a.row(i);
  const auto column = b.row(j);
  float sum = 0;
  for (int k = part.begin; k < part.end; ++k) sum += value_of<A>(a.where(row, a.depth(k))) * value_of<B>(b.where(column, b.depth(k)));
  store_one(c, i, j, sum);
}

}  // namespace lehr::ladder
