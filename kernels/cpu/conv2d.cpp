// Chooses between oneDNN and our own kernels, and refuses problems that make no sense.
#include "kernels/conv2d.h"

#include <string>

#include "kernels/cpu.h"
#include "kernels/cpu/onednn/conv2d.h"
#include "kernels/cpu/ours/conv2d.h"
#include "kernels/cpu/ours/epilogue.h"
#include "kernels/error.h"

namespace lehr {
namespace {

void require(bool holds, const char* expected, std::int64_t got) {
  if (!holds)
    throw Error(
        {.category = Category::usage, .where = "conv2d", .what = "impossible problem", .expected = expected, .got = std::to_string(got)});
}

void check(const Conv2dShape& s) {
  for (const std::int64_t extent : {s.batch, s.height, s.width, s.in_channels, s.out_channels, s.kernel_h, s.kernel_w, s.stride_h,
                                    s.stride_w, s.dilation_h, s.dilation_w, s.groups})
    require(extent >= 1, "every extent at least 1", extent);
  for (const std::int64_t pad : {s.pad_top, s.pad_bottom, s.pad_left, s.pad_right}) require(pad >= 0, "padding of at least 0", pad);
  require(s.in_channels % s.groups == 0, "input channels divisible by the groups", s.in_channels);
  require(s.out_channels % s.groups == 0, "output channels divisible by the groups", s.out_channels);
  require(s.height + s.pad_top + s.pad_bottom > (s.kernel_h - 1) * s.dilation_h, "a kernel no higher than the padded input", s.kernel_h);
  require(s.width + s.pad_left + s.pad_right > (s.kernel_w - 1) * s.dilation_w, "a kernel no wider than the padded input", s.kernel_w);
}

void check_dtype(DType dtype) {
  if (dtype != DType::f32 && dtype != DType::bf16)
    throw Error({.category = Category::usage,
                 .where = "conv2d",
                 .what = "element type",
                 .expected = "float32 or bfloat16",
                 .got = std::string(name_of(dtype))});
}

template <class Spec>
auto choose(Cpu& cpu, const Spec& spec, bool library) {
  check(spec.shape);
  check_dtype(spec.dtype);
  if (spec.variant == Variant::library || (spec.variant == Variant::automatic && library)) {
    if (auto made = onednn::make_conv2d(spec)) return made;
    if (spec.variant == Variant::library)
      throw Error({.category = Category::device, .where = "conv2d", .what = "oneDNN is absent or does not do this problem"});
  }
  return ours::make_conv2d(cpu, spec);
}

}  // namespace

bool conv2d_can_fuse(Activation activation) { return ours::can_fuse(activation); }

std::unique_ptr<Conv2dForward> make_on(Cpu& cpu, const Conv2dForwardSpec& spec) {
  check_dtype(spec.weights);
  if (!conv2d_can_fuse(spec.activation))
    throw Error({.category = Category::usage, .where = "conv2d", .what = "an activation that cannot be fused"});
  return choose(cpu, spec, true);
}
std::unique_ptr<Conv2dBackwardData> make_on(Cpu& cpu, const Conv2dBackwardDataSpec& spec) {
  check_dtype(spec.weights);
  return choose(cpu, spec, true);
}
std::unique_ptr<Conv2dBackwardWeights> make_on(Cpu& cpu, const Conv2dBackwardWeightsSpec& spec) { return choose(cpu, spec, true); }

}  // namespace lehr
