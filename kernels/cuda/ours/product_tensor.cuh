// product_tensor.cuh, rung 4: tensor cores. One mma.sync multiplies a 16 x 16 piece of a with a 16 x 8 piece of b in bfloat16 (16 x 8 and
// 8 x 8 in tf32), all 32 lanes of a warp together: 4,096 multiply-adds an instruction, where rung 3 has 32. Sums stay float32.
//
// A block of four warps makes 64 x 64 outputs, each warp 32 x 32 of them: 2 x 4 pieces, so that a fragment of a serves four and one of b two.
// Lane l = 4g + t holds, in 32-bit words of a row of the tile (a word is two bfloat16 or one tf32, so both types have one code):
//   a: words t and t + 4 of rows g and g + 8        b: words t and t + 4 of column g        c: rows g and g + 8, columns 2t and 2t + 1
// A row of the tile has 16 words and 4 more: rows begin 20 words apart, so that the 32 lanes of a fragment lie in 32 different banks.
#pragma once

#include "kernels/cuda/device/mma.cuh"
#include "kernels/cuda/ours/product.cuh"

namespace lehr::ladder {

struct Tensor {
  static constexpr unsigned rows = 64, columns = 64;
  static dim3 block() { return {128}; }
};

/// bfloat16 or tf32: what a word of the tile holds.
struct Tf32 {
  std::uint32_t bits;
};
template <class Kind>
struct Words;
template <>
struct Words<bf16> {
  static constexpr int per_word = 2;  // elements
  __device__ static bf16 element(float x) { return device::from_float<bf16>(x); }
  __device__ static std::uint32_t word(const bf16* at) {
    const auto pair = *reinterpret_cast<const device::Elements<bf16, 2>*>(at);
    return static_cast<std::uint32_t>(pair.at[0].bits) | static_cast<std::uint32_t>(pair.at[1].bits) << 16U;
  }
  __device__ static void multiply(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    device::mma_m16n8k16_bf16(d, a, b, d);
  }
};
template <>
struct Words<Tf32> {
  static constexpr int per_word = 1;
  /// Ten bits of mantissa, ties away from zero, as cvt.rna.tf32.f32.
  __device__ static Tf32 element(float x) { return {(__float_as_uint(x) + 0x1000U) & 0xffffe000U}; }
  __device__ static std::uint32_t word(const Tf32* at) { return at->bits; }
  __device__ static void multiply(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    device::mma_m16n8k8_tf32(d, a, b, d);
  }
};

template <class Kind>
struct TensorShared {
  static constexpr int depth = 16 * Words<Kind>::per_word, pitch = 20 * Words<Kind>::per_word;
  alignas(16) Kind a[2][64][pitch], b[2][64][pitch];
};

/// A thread's share of a 64 x depth tile: `quads` times four neighbours, the rows of them decoded once.
template <class Kind, class Operand>
class Share {
  static constexpr int depth = TensorShared<Kind>::depth, pitch = TensorShared<Kind>::pitch;
  static constexpr int quads = 64 * depth / 4 / 128;

 public:
  __device__ Share(const Operand& operand, int first, int end) {
#pragma unroll
    for (int q = 0; q < quads; ++q) {
      const int s = q * 128 + static_cast<int>(threadIdx.x);
      row_[q] = operand.along_k() ? s / (depth / 4) : s % 16 * 4;
      k_[q] = operand.along_k() ? s % (depth / 4) * 4 : s / 16;
      quads_[q] = Quad<Operand>(operand, first + row_[q], end);
    }
  }
  __device__ void load(const Operand& operand, int k, int end) {
#pragma unroll
    for (int q = 0; q < quads; ++q) quads_[q].load(operand, k + k_[q], end, next_[q]);
  }
  __device__ void keep(Kind (&tile)[64][pitch]) const {
#pragma unroll
    for (int q = 0; q < quads; ++q)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        tile[row_[q] + (quads_[q].along_k ? 0 : j)][k_[q] + (quads_[q].along_k ? j : 0)] = Words<Kind>::element(next_[q][j]);
  }

 private:
  Quad<Operand> quads_[quads];
  int row_[quads], k_[quads];
  float next_[quads][4];
};

template <class Kind, class A, class B, class T>
__global__ void __launch_bounds__(128) product_tensor(Extent extent, A a, B b, Result<T> c) {
  using W = Words<Kind>;
  constexpr int depth = TensorShared<Kind>::depth;
  const Part part = enter_part(extent, a, b, c);
  auto& tile = shared<TensorShared<Kind>>();
  const int first_row = static_cast<int>(blockIdx.x) * 64, first_column = static_cast<int>(blockIdx.y) * 64;
  const int warp = static_cast<int>(threadIdx.x) / 32, g = static_cast<int>(threadIdx.x) % 32 / 4, t = static_cast<int>(threadIdx.x) % 4;
  const int warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
  Share<Kind, A> a_share(a, first_row, extent.m);
  Share<Kind, B> b_share(b, first_column, extent.n);
  float sums[2][4][4] = {};

  a_share.load(a, part.begin, part.end);
  b_share.load(b, part.begin, part.end);
  int turn = 0;
  for (int k = part.begin; k < part.end; k += depth, turn ^= 1) {
    a_share.keep(tile.a[turn]);
    b_share.keep(tile.b[turn]);
    __syncthreads();
    if (k + depth < part.end) {
      a_share.load(a, k + depth, part.end);
      b_share.load(b, k + depth, part.end);
    }
#pragma unroll
    for (int word = 0; word < 16; word += 8) {
      std::uint32_t a_words[2][4], b_words[4][2];
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int part_of = 0; part_of < 4; ++part_of)
          a_words[i][part_of] = W::word(&tile.a[turn][warp_row + i * 16 + g + part_of % 2 * 8][(word + t + part_of / 2 * 4) * W::per_word]);
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int part_of = 0; part_of < 2; ++part_of)
          b_words[j][part_of] = W::word(&tile.b[turn][warp_column + j * 8 + g][(word + t + part_of * 4) * W::per_word]);
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) W::multiply(sums[i][j], a_words[i], b_words[j]);
    }
  }
#pragma unroll
  for (int i = 0; i < 2; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j)
#pragma unroll
      for (int part_of = 0; part_of < 4; ++part_of) {
        const int row = first_row + warp_row + i * 16 + g + part_of / 2 * 8,
                  column = first_column + warp_column + j * 8 + 2 * t + part_of % 2;
        if (row < extent.m && column < extent.n) store_one(c, row, column, sums[i][j][part_of]);
      }
}

}  // namespace lehr::ladder
