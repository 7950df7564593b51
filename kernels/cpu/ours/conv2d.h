// conv2d.h: conv2d.h's operations by our own kernels: any problem, any processor.
#pragma once

#include "kernels/conv2d.h"
#include "kernels/cpu.h"

namespace lehr::ours {

std::unique_ptr<Conv2dForward> make_conv2d(const Cpu& cpu, const Conv2dForwardSpec& spec);
std::unique_ptr<Conv2dBackwardData> make_conv2d(const Cpu& cpu, const Conv2dBackwardDataSpec& spec);
std::unique_ptr<Conv2dBackwardWeights> make_conv2d(const Cpu& cpu, const Conv2dBackwardWeightsSpec& spec);

}  // namespace lehr::ours
