// sample_weights.h: how much each row of a set counts.
#pragma once

#include <span>

#include "engine/data/dataset.h"

namespace lehr {

/// Of class weights by id, as Keras makes sample weights of them: y are ids [n], one-hot rows [n, k] (the largest), or a column [n, 1] (its
/// nearest whole number). A class without a weight counts as 1. float32 [n].
Array sample_weights_of(std::span<const float> class_weights, const Array& y);
/// Error{usage} where both are given, as in Keras.
void check_weights(std::span<const float> class_weights, const Dataset& data);

}  // namespace lehr
