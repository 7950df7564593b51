// conv2d_operands.cuh: where a convolution's products find their operands (product.cuh). Every division by an extent stands here.
#pragma once

#include "kernels/conv2d.h"
#include "kernels/cuda/ours/product.cuh"

namespace lehr::ladder {

/// Conv2dShape in int, of one group.
struct Geometry {
  int height, width, channels, filters;  // channels and filters of all groups
  int out_height, out_width, in_group, out_group;
  int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
};

/// A patch of x for an output pixel (i), at (r,s,channel) (k). Null where the patch lies in the padding.
template <class T>
struct Patches {
  const T* x;
  Geometry g;
  bool aligned;
  struct Row {
    const T* image;
    int top, left;
  };
  struct Depth {
    int down, right, channel;
  };
  using Element = T;
  using Rounded = T;

  __device__ Row row(int pixel) const {
    const int q = pixel % g.out_width, p = pixel / g.out_width % g.out_height, n = pixel / g.out_width / g.out_height;
    return {x + static_cast<std::int64_t>(n) * g.height * g.width * g.channels, p * g.stride_h - g.pad_top, q * g.stride_w - g.pad_left};
  }
  __device__ Depth depth(int k) const {
    const int c = k % g.in_group, s = k / g.in_group % g.kernel_w, r = k / g.in_group / g.kernel_w;
    return {r * g.dilation_h, s * g.dilation_w, c};
  }
  __device__ const T* where(const Row& row, const Depth& depth) const {
    const int h = row.top + depth.down, w = row.left + depth.right;
    if (h < 0 || h >= g.height || w < 0 || w >= g.width) return nullptr;
    return row.image + (static_cast<std::int64_t>(h) * g.width + w) * g.channels + depth.channel;
  }
  __device__ void move_to_group(int group) { x += group * g.in_group; }
  __device__ static constexpr bool along_k() { return true; }
  __device__ bool quads() const { return aligned; }  ///< channels come in fours: four neighbours share r, s and the pixel
};

/// The same with i and k exchanged: for the gradient of the weights the sum runs over pixels.
template <class T>
struct PatchesOverPixels : Patches<T> {
  using Base = Patches<T>;
  using Row = typename Base::Depth;
  using Depth = typename Base::Row;
  __device__ Row row(int i) const { return Base::depth(i); }
  __device__ Depth depth(int k) const { return Base::row(k); }
  __device__ const T* where(const Row& row, const Depth& depth) const { return Base::where(depth, row); }
  __device__ static constexpr bool along_k() { return false; }
};

/// dy where filter tap (r,s) met an input pixel (i), at (r,s,filter) (k). Null where the tap met none: outside, or between strides.
template <class T>
struct Gradients {
  const T* dy;
  Geometry g;
  bool aligned;
  struct Row {
    const T* image;
    int top, left;
  };
  struct Depth {
    int down, right, filter;
  };
  using Element = T;
  using Rounded = T;

  __device__ Row row(int pixel) const {
    const int w = pixel % g.width, h = pixel / g.width % g.height, n = pixel / g.width / g.height;
    return {dy + static_cast<std::int64_t>(n) * g.out_height * g.out_width * g.filters, h + g.pad_top, w + g.pad_left};
  }
  __device__ Depth depth(int k) const {
    const int f = k % g.out_group, s = k / g.out_group % g.kernel_w, r = k / g.out_group / g.kernel_w;
    return {r * g.dilation_h, s * g.dilation_w, f};
  }
  __device__ const T* where(const Row& row, const Depth& depth) const {
    const int h = row.top - depth.down, w = row.left - depth.right;
    if (h < 0 || w < 0 || h % g.stride_h != 0 || w % g.stride_w != 0) return nullptr;
    const int p = h / g.stride_h, q = w / g.stride_w;
    if (p >= g.out_height || q >= g.out_width) return nullptr;
    return row.image + (static_cast<std::int64_t>(p) * g.out_width + q) * g.filters + depth.filter;
  }
  __device__ void move_to_group(int group) { dy += group * g.out_group; }
  __device__ static constexpr bool along_k() { return true; }
  __device__ bool quads() const { return aligned; }
};

/// w[r,s,c,f] for a channel (i), at (r,s,filter) (k).
template <class T, class As>
struct WeightsByChannel {
  const T* w;
  Geometry g;
  bool aligned;
  using Row = int;
  struct Depth {
    std::int64_t at;
  };
  using Element = T;
  using Rounded = As;

  __device__ Row row(int channel) const { return channel; }
  __device__ Depth depth(int k) const {
    const int f = k % g.out_group, tap = k / g.out_group;
    return {static_cast<std::int64_t>(tap) * g.in_group * g.filters + f};
  }
  __device__ const T* where(Row channel, const Depth& depth) const { return w + depth.at + static_cast<std::int64_t>(channel) * g.filters; }
  __device__ void move_to_group(int group) { w += group * g.out_group; }
  __device__ static constexpr bool along_k() { return true; }
  __device__ bool quads() const { return aligned; }
};

}  // namespace lehr::ladder
