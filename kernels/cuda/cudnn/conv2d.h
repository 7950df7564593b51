// conv2d.h: the three passes of a convolution by cuDNN. Included by kernels/cuda/ only.
// Weights and their gradient are KRSC in the operands' type there: packed from and unpacked to the public HWIO. Bias and relu run inside;
// of other activations the kernel of activation.cu follows.
#pragma once

#include <memory>

#include "kernels/conv2d.h"
#include "kernels/cuda/cudnn/session.h"

namespace lehr::cudnn {

/// Empty where cuDNN has no plan that the policy allows.
std::unique_ptr<Conv2dForward> make_conv2d(Cuda& cuda, Session& session, const Conv2dForwardSpec& spec);
std::unique_ptr<Conv2dBackwardData> make_conv2d(Cuda& cuda, Session& session, const Conv2dBackwardDataSpec& spec);
std::unique_ptr<Conv2dBackwardWeights> make_conv2d(Cuda& cuda, Session& session, const Conv2dBackwardWeightsSpec& spec);

}  // namespace lehr::cudnn
