// Problems that make no sense, on any device.
#include "kernels/conv2d.h"

#include <string>

#include "kernels/error.h"

namespace lehr {
namespace {

void require(bool holds, const char* expected, std::int64_t got) {
  if (!holds)
    throw Error(
        {.category = Category::usage, .where = "conv2d", .what = "impossible problem", .expected = expected, .got = std::to_string(got)});
}

void verify(const Conv2dShape& s) {
  for (const std::int64_t extent : {s.batch, s.height, s.width, s.in_channels, s.out_channels, s.kernel_h, s.kernel_w, s.stride_h,
                                    s.stride_w, s.dilation_h, s.dilation_w, s.groups})
    require(extent >= 1, "every extent at least 1", extent);
  for (const std::int64_t pad : {s.pad_top, s.pad_bottom, s.pad_left, s.pad_right}) require(pad >= 0, "padding of at least 0", pad);
  require(s.in_channels % s.groups == 0, "input channels divisible by the groups", s.in_channels);
  require(s.out_channels % s.groups == 0, "output channels divisible by the groups", s.out_channels);
  require(s.height + s.pad_top + s.pad_bottom > (s.kernel_h - 1) * s.dilation_h, "a kernel no higher than the padded input", s.kernel_h);
  require(s.width + s.pad_left + s.pad_right > (s.kernel_w - 1) * s.dilation_w, "a kernel no wider than the padded input", s.kernel_w);
}

void verify(DType dtype) {
  if (dtype != DType::f32 && dtype != DType::bf16)
    throw Error({.category = Category::usage,
                 .where = "conv2d",
                 .what = "element type",
                 .expected = "float32 or bfloat16",
                 .got = std::string(name_of(dtype))});
}

}  // namespace

bool conv2d_can_fuse(Activation a) {
  return a == Activation::linear || a == Activation::relu || a == Activation::relu6 || a == Activation::sigmoid || a == Activation::tanh;
}

void verify(const Conv2dForwardSpec& spec) {
  verify(spec.shape), verify(spec.dtype), verify(spec.weights);
  if (!conv2d_can_fuse(spec.activation))
    throw Error({.category = Category::usage, .where = "conv2d", .what = "an activation that cannot be fused"});
}
void verify(const Conv2dBackwardDataSpec& spec) { verify(spec.shape), verify(spec.dtype), verify(spec.weights); }
void verify(const Conv2dBackwardWeightsSpec& spec) { verify(spec.shape), verify(spec.dtype); }

}  // namespace lehr
