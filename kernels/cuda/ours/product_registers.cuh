// product_registers.cuh, rung 3: a block of 256 threads makes 64 x 64 outputs, each thread 4 x 4 of them, held in registers. A step of k
// reads 4 values of a and 4 of b, each as one 16-byte read of shared memory, for 16 products: half a read a product becomes an eighth.
// Operands are read from memory four neighbours at a time, and the tiles of the next step are already on their way while this one is
// multiplied: two tiles in shared memory take turns, so that one barrier a step is enough.
// This is the best a GPU can do without tensor cores, and what `float32` uses.
#pragma once

#include "kernels/cuda/ours/product.cuh"

namespace lehr::ladder {

struct Registers {
  static constexpr unsigned rows = 64, columns = 64;
  static constexpr int depth = 16;  // of a tile
  static dim3 block() { return {256}; }
};

struct RegistersShared {
  // [k][row]: a thread's four rows lie side by side. Four more, so that a column of k does not fall into one bank.
  alignas(16) float a[2][Registers::depth][Registers::rows + 4], b[2][Registers::depth][Registers::columns + 4];
};

/// Which four elements of a 64 x 16 tile a thread brings: neighbours in memory to neighbouring threads.
struct TileSlot {
  int row, k;
  __device__ explicit TileSlot(bool along_k) {
    const int t = static_cast<int>(threadIdx.x);
    row = along_k ? t / 4 : t % 16 * 4;
    k = along_k ? t % 4 * 4 : t / 16;
  }
};

__device__ __forceinline__ void keep_quad(float (&tile)[Registers::depth][Registers::rows + 4], const TileSlot& slot, bool along_k,
                                          const float (&quad)[4]) {
#pragma unroll
  for (int j = 0; j < 4; ++j) tile[slot.k + (along_k ? j : 0)][slot.row + (along_k ? 0 : j)] = quad[j];
}

template <class A, class B, class T>
__global__ void __launch_bounds__(256) product_registers(Extent extent, A a, B b, Result<T> c) {
  constexpr int depth = Registers::depth;
  const Part part = enter_part(extent, a, b, c);
  auto& tile = shared<RegistersShared>();
  const int first_row = static_cast<int>(blockIdx.x) * 64, first_column = static_cast<int>(blockIdx.y) * 64;
  const TileSlot a_slot(a.along_k()), b_slot(b.along_k());
  const Quad<A> a_quad(a, first_row + a_slot.row, extent.m);
  const Quad<B> b_quad(b, first_column + b_slot.row, extent.n);
  float a_next[4], b_next[4], sums[4][4] = {};
  const int ty = static_cast<int>(threadIdx.x) / 16 * 4, tx = static_cast<int>(threadIdx.x) % 16 * 4;  // this thread's outputs

  a_quad.load(a, part.begin + a_slot.k, part.end, a_next);
  b_quad.load(b, part.begin + b_slot.k, part.end, b_next);
  int turn = 0;
  for (int k = part.begin; k < part.end; k += depth, turn ^= 1) {
    keep_quad(tile.a[turn], a_slot, a_quad.along_k, a_next);
    keep_quad(tile.b[turn], b_slot, b_quad.along_k, b_next);
    __syncthreads();  // the tile is whole, and the other one is free: it was read before this barrier
    if (k + depth < part.end) {
      a_quad.load(a, k + depth + a_slot.k, part.end, a_next);
      b_quad.load(b, k + depth + b_slot.k, part.end, b_next);
    }
#pragma unroll
    for (int step = 0; step < depth; ++step) {
      float x[4], y[4];
      device::load<4>(&tile.a[turn][step][ty], x);
      device::load<4>(&tile.b[turn][step][tx], y);
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] += x[i] * y[j];
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j)
      if (first_row + ty + i < extent.m && first_column + tx + j < extent.n)
        store_one(c, first_row + ty + i, first_column + tx + j, sums[i][j]);
}

}  // namespace lehr::ladder
