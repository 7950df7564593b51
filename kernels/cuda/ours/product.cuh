// product.cuh: what every rung of the ladder computes, and how it finds its operands.
//
//   c[i,j] = act( sum_k a(i,k) b(j,k) + bias[j] )        i < m, j < n, k < depth
//
// A dense layer is this product with two matrices. So are the three passes of a convolution, only that an operand is found elsewhere
// ("implicit GEMM": the matrix of all image patches, kernel_h * kernel_w times as large as the image, is never written down):
//   forward     i: output pixel   j: filter    k: (r,s,channel)      a: patches of x                  b: w
//   d_input     i: input pixel    j: channel   k: (r,s,filter)       a: dy where it met this pixel    b: w
//   d_weights   i: (r,s,channel)  j: filter    k: output pixel       a: patches of x                  b: dy
// An Operand says where an element lies: row() and depth() do the divisions once, where() is an address or null in the padding.
// The rungs, each a page of its own, differ in how often they read an element:
//   1 product_naive.cuh      every product reads two elements from memory
//   2 product_tiled.cuh      a block reads a tile once and shares it
//   3 product_registers.cuh  a thread keeps 4 x 4 sums, so that a value from shared memory serves four products
//   4 product_tensor.cuh     a warp multiplies 16 x 8 x 16 at once
#pragma once

#include "kernels/activation.h"
#include "kernels/cuda/device/pack.cuh"
#include "kernels/fast_math.h"

namespace lehr::ladder {

/// Where the sums go: c[i,j] = at[i * step + j]. A split writes raw sums: blockIdx.z counts groups times splits.
template <class T>
struct Result {
  T* at = nullptr;
  std::int64_t step = 0;        ///< from row to row
  std::int64_t group_step = 0;  ///< from group to group
  std::int64_t split_step = 0;  ///< from split to split
  const float* bias = nullptr;  ///< null: none
  Activation activation = Activation::linear;
};

/// The extents of one group, and how its depth is cut. Splits are a function of the problem alone, so that bits do not depend on the device.
struct Extent {
  int m = 0, n = 0, depth = 0;
  int splits = 1, split_depth = 0;  ///< split s sums k in [s * split_depth, (s + 1) * split_depth)
};

/// A matrix: element (i, k) at i * row_step + k * k_step. As: the value is rounded to this type before it is used.
template <class T, class As = float>
struct Matrix {
  const T* at = nullptr;
  std::int64_t row_step = 0, k_step = 0, group_step = 0;
  bool aligned = false;  ///< four neighbours may be read at once

  using Row = int;
  using Depth = int;
  __device__ Row row(int i) const { return i; }
  __device__ Depth depth(int k) const { return k; }
  __device__ const T* where(Row i, Depth k) const { return at + i * row_step + k * k_step; }
  __device__ void move_to_group(int g) { at += g * group_step; }
  __device__ bool along_k() const { return k_step == 1; }  ///< neighbours in memory follow k; else they follow i
  __device__ bool quads() const { return aligned; }
  using Element = T;
  using Rounded = As;
};

template <class Operand>
__device__ __forceinline__ float value_of(const typename Operand::Element* at) {
  return at == nullptr ? 0.0F : device::as_float(device::from_float<typename Operand::Rounded>(device::as_float(*at)));
}

/// Four neighbours of an operand: (i, k) ... along k, or along i. Beyond the end, and in the padding, they are 0.
template <class Operand>
struct Quad {
  typename Operand::Row rows[4];
  bool along_k, whole;  ///< whole: one read brings all four

  Quad() = default;
  /// Rows beyond the last are read as the last: their sums are not stored.
  __device__ Quad(const Operand& operand, int i, int end) : along_k(operand.along_k()), whole(operand.quads()) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int wanted = along_k ? i : i + j;
      rows[j] = operand.row(wanted < end ? wanted : end - 1);
    }
    whole = whole && (along_k || i + 3 < end);
  }
  __device__ void load(const Operand& operand, int k, int end, float (&to)[4]) const {
    if (whole && k + (along_k ? 3 : 0) < end) {
      const auto* at = operand.where(rows[0], operand.depth(k));
      if (at == nullptr) {
        to[0] = to[1] = to[2] = to[3] = 0;
        return;
      }
      device::load<4>(at, to);
#pragma unroll
      for (int j = 0; j < 4; ++j) to[j] = device::as_float(device::from_float<typename Operand::Rounded>(to[j]));
      return;
    }
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int at = along_k ? k + j : k;
      to[j] = at < end ? value_of<Operand>(operand.where(along_k ? rows[0] : rows[j], operand.depth(at))) : 0.0F;
    }
  }
};

__device__ __forceinline__ float activated(Activation activation, float x) {
  switch (activation) {
    case Activation::relu:
      return x < 0 ? 0.0F : x;
    case Activation::relu6:
      return x < 0 ? 0.0F : (x > 6 ? 6.0F : x);
    case Activation::sigmoid:
      return fast::sigmoid(x);
    case Activation::tanh:
      return fast::tanh(x);
    default:
      return x;
  }
}

/// This block's group and split: operands and result moved there, the range of k.
struct Part {
  int begin, end;
};
template <class A, class B, class T>
__device__ Part enter_part(const Extent& extent, A& a, B& b, Result<T>& c) {
  const int group = static_cast<int>(blockIdx.z) / extent.splits, split = static_cast<int>(blockIdx.z) % extent.splits;
  a.move_to_group(group);
  b.move_to_group(group);
  c.at += group * c.group_step + split * c.split_step;
  if (c.bias != nullptr) c.bias += group * c.group_step;
  const int begin = split * extent.split_depth, end = begin + extent.split_depth;
  return {begin, end < extent.depth ? end : extent.depth};
}

template <class T>
__device__ __forceinline__ void store_one(const Result<T>& c, int i, int j, float sum) {
  if (c.bias != nullptr) sum += c.bias[j];
  c.at[i * c.step + j] = device::from_float<T>(activated(c.activation, sum));
}

}  // namespace lehr::ladder
