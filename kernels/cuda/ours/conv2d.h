// conv2d.h: the three passes of a convolution on a GPU by our own kernels, weights and their gradient in public order. Included by
// kernels/cuda/ only.
#pragma once

#include <memory>

#include "kernels/conv2d.h"
#include "kernels/cuda.h"

namespace lehr::ours_cuda {

/// variant: automatic or ours for the highest rung, or a rung by name.
std::unique_ptr<Conv2dForward> make_conv2d(Cuda& cuda, const Conv2dForwardSpec& spec);
std::unique_ptr<Conv2dBackwardData> make_conv2d(Cuda& cuda, const Conv2dBackwardDataSpec& spec);
std::unique_ptr<Conv2dBackwardWeights> make_conv2d(Cuda& cuda, const Conv2dBackwardWeightsSpec& spec);

}  // namespace lehr::ours_cuda
