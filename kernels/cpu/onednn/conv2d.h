// conv2d.h: conv2d.h's operations by oneDNN. nullptr where oneDNN is absent or does not do the problem.
#pragma once

#include "kernels/conv2d.h"

namespace lehr::onednn {

std::unique_ptr<Conv2dForward> make_conv2d(const Conv2dForwardSpec& spec);
std::unique_ptr<Conv2dBackwardData> make_conv2d(const Conv2dBackwardDataSpec& spec);
std::unique_ptr<Conv2dBackwardWeights> make_conv2d(const Conv2dBackwardWeightsSpec& spec);

}  // namespace lehr::onednn
