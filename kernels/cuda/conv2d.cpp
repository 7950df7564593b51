// Chooses who convolves on a GPU.
#include "kernels/conv2d.h"

#include "kernels/cuda.h"
#include "kernels/cuda/ours/conv2d.h"
#include "kernels/error.h"

namespace lehr {
namespace {

template <class Spec>
auto choose(Cuda& cuda, const Spec& spec) {
  verify(spec);
  if (spec.variant == Variant::library)
    throw Error({.category = Category::device, .where = "conv2d", .what = "no library convolves here", .hint = "Use --conv ours."});
  return ours_cuda::make_conv2d(cuda, spec);
}

}  // namespace

std::unique_ptr<Conv2dForward> make_on(Cuda& cuda, const Conv2dForwardSpec& spec) { return choose(cuda, spec); }
std::unique_ptr<Conv2dBackwardData> make_on(Cuda& cuda, const Conv2dBackwardDataSpec& spec) { return choose(cuda, spec); }
std::unique_ptr<Conv2dBackwardWeights> make_on(Cuda& cuda, const Conv2dBackwardWeightsSpec& spec) { return choose(cuda, spec); }

}  // namespace lehr
