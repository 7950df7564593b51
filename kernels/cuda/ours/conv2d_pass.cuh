// conv2d_pass.cuh: what the three passes of our convolution share.
#pragma once

#include "kernels/cuda/ours/conv2d_operands.cuh"
#include "kernels/cuda/ours/rungs.cuh"

namespace lehr::ours_cuda {

inline ladder::Geometry geometry_of(const Conv2dShape& s) {
  const auto narrow = [](std::int64_t x) { return static_cast<int>(x); };
  return {.height = narrow(s.height),
          .width = narrow(s.width),
          .channels = narrow(s.in_channels),
          .filters = narrow(s.out_channels),
          .out_height = narrow(s.out_height()),
          .out_width = narrow(s.out_width()),
          .in_group = narrow(s.in_channels / s.groups),
          .out_group = narrow(s.out_channels / s.groups),
          .kernel_h = narrow(s.kernel_h),
          .kernel_w = narrow(s.kernel_w),
          .stride_h = narrow(s.stride_h),
          .stride_w = narrow(s.stride_w),
          .dilation_h = narrow(s.dilation_h),
          .dilation_w = narrow(s.dilation_w),
          .pad_top = narrow(s.pad_top),
          .pad_left = narrow(s.pad_left)};
}

inline bool fours(std::int64_t a, std::int64_t b) { return a % 4 == 0 && b % 4 == 0; }

template <class Spec>
ladder::Arithmetic arithmetic_of(const Spec& spec) {
  if (spec.dtype == DType::bf16) return ladder::Arithmetic::bf16;
  return spec.tf32 ? ladder::Arithmetic::tf32 : ladder::Arithmetic::f32;
}
/// What a word of the tensor rung's tile holds for activations of type T.
template <class T>
using KindOf = std::conditional_t<std::is_same_v<T, bf16>, bf16, ladder::Tf32>;

}  // namespace lehr::ours_cuda
