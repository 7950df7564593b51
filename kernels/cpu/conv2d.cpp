// Chooses between oneDNN and our own kernels.
#include "kernels/conv2d.h"

#include "kernels/cpu.h"
#include "kernels/cpu/onednn/conv2d.h"
#include "kernels/cpu/ours/conv2d.h"
#include "kernels/cpu/ours/tile.h"
#include "kernels/error.h"

namespace lehr {
namespace {

/// oneDNN's bfloat16 needs the processor's; ours stores bfloat16 and computes in float32, so it runs everywhere.
bool library_is_faster(DType dtype) {
  if (dtype == DType::f32) return true;
  const CpuFeatures features = cpu_features();
  return features.avx512_bf16 || features.amx_bf16;
}

/// Weight gradients of the wide, shallow layers: on two threads of a Zen 5, batch 32, 100 x 100, 3 -> 64 takes 6.5 ms here and 29 ms there,
/// 64 -> 64 takes 57 and 102, 50 x 50, 128 -> 128 takes 57 and 63. From 128 -> 256 on, and in small images, oneDNN is as fast or faster.
/// With bfloat16 only the first layer: 8.6 ms here and 7.9 there, but there 264 ms as soon as another program wants a core: one scheduler
/// slice of 8 ms for each of 32 images, as threads do that wait for each other by spinning.
bool our_gradient_is_faster(const Conv2dShape& s, DType dtype) {
  constexpr std::int64_t most_weights = 200'000, least_columns = 32;
  const std::int64_t least_pixels = dtype == DType::f32 ? 14 * 14 : 32 * 32;
  return (dtype == DType::f32 || s.in_channels <= 4) && s.groups == 1 &&
         s.kernel_h * s.kernel_w * s.in_channels * s.out_channels < most_weights && s.out_channels >= least_columns &&
         s.out_height() * s.out_width() >= least_pixels && ours::best_tile_level() == ours::TileLevel::avx512;
}

template <class Spec>
auto choose(Cpu& cpu, const Spec& spec, bool library) {
  verify(spec);
  if (spec.variant == Variant::library || (spec.variant == Variant::automatic && library)) {
    if (auto made = onednn::make_conv2d(spec)) return made;
    if (spec.variant == Variant::library)
      throw Error({.category = Category::device, .where = "conv2d", .what = "oneDNN is absent or does not do this problem"});
  }
  return ours::make_conv2d(cpu, spec);
}

}  // namespace

std::unique_ptr<Conv2dForward> make_on(Cpu& cpu, const Conv2dForwardSpec& spec) { return choose(cpu, spec, library_is_faster(spec.dtype)); }
std::unique_ptr<Conv2dBackwardData> make_on(Cpu& cpu, const Conv2dBackwardDataSpec& spec) {
  return choose(cpu, spec, library_is_faster(spec.dtype));
}
std::unique_ptr<Conv2dBackwardWeights> make_on(Cpu& cpu, const Conv2dBackwardWeightsSpec& spec) {
  return choose(cpu, spec, library_is_faster(spec.dtype) && !our_gradient_is_faster(spec.shape, spec.dtype));
}

}  // namespace lehr
