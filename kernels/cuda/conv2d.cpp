// Chooses who convolves on a GPU: cuDNN where it is at hand and has a plan, else our own kernels; --conv has the last word.
#include "kernels/conv2d.h"

#include "kernels/cuda/libraries.h"
#include "kernels/cuda/ours/conv2d.h"
#include "kernels/error.h"
#ifdef LEHR_WITH_CUDNN
#include "kernels/cuda/cudnn/conv2d.h"
#endif

namespace lehr {
namespace {

#ifdef LEHR_WITH_CUDNN
template <class Spec>
auto by_cudnn(Cuda& cuda, const Spec& spec) -> decltype(make_on(cuda, spec)) {
  const CudaLibraries* libraries = cuda.libraries();
  return libraries == nullptr || libraries->cudnn == nullptr ? nullptr : cudnn::make_conv2d(cuda, *libraries->cudnn, spec);
}
#else
template <class Spec>
auto by_cudnn(Cuda& cuda, const Spec& spec) -> decltype(make_on(cuda, spec)) {
  return nullptr;
}
#endif

template <class Spec>
auto choose(Cuda& cuda, const Spec& spec) {
  verify(spec);
  const Variant variant = spec.variant == Variant::automatic ? cuda.choices().convolutions : spec.variant;
  if (variant == Variant::automatic || variant == Variant::library) {
    if (auto made = by_cudnn(cuda, spec)) return made;
    if (variant == Variant::library)
      throw Error({.category = Category::device,
                   .where = "conv2d",
                   .what = "cuDNN is not at hand, or has no plan for this problem",
                   .got = problem_line(spec),
                   .hint = "Use --conv auto or --conv ours."});
  }
  return ours_cuda::make_conv2d(cuda, spec);
}

}  // namespace

std::unique_ptr<Conv2dForward> make_on(Cuda& cuda, const Conv2dForwardSpec& spec) { return choose(cuda, spec); }
std::unique_ptr<Conv2dBackwardData> make_on(Cuda& cuda, const Conv2dBackwardDataSpec& spec) { return choose(cuda, spec); }
std::unique_ptr<Conv2dBackwardWeights> make_on(Cuda& cuda, const Conv2dBackwardWeightsSpec& spec) { return choose(cuda, spec); }

}  // namespace lehr
