// lfw.h: what the experiments on faces share: network, data and sizes at each scale. They differ in rates, epochs and callbacks alone.
//   lecture  VGG-16 with ImageNet weights, 100x100, batch 32, Adam
//   laptop   a VGG-11 shape at quarter width, 64x64, from random weights: good rates lie ten times higher than for a pretrained base
#pragma once

#include "tune/experiment.h"

namespace lehr {

/// The plan without rate, epochs and callbacks.
ExperimentPlan lfw_plan(const ExperimentChoice& choice);
/// The lecture's rate at the lecture's scale, ten times as much where the network starts from random weights.
double lfw_rate(double lecture_rate, Scale scale);
/// Of every experiment on faces: what the lecture trained, and on what.
constexpr const char* lfw_setting = "VGG-16 with ImageNet weights, 100x100x3, 5,113 faces of 62 people";

}  // namespace lehr
