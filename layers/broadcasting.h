// broadcasting.h: emission of arithmetic between two values whose shapes agree but for axes of 1, with both gradients. Shapes with the batch.
#pragma once

#include "kernels/broadcast.h"
#include "layers/layer.h"

namespace lehr {

/// The shape of f(a, b): the larger of each axis, a missing one in front is 1. Throws Error{usage} where an axis is neither equal nor 1.
Shape broadcast_shape(const Shape& a, const Shape& b);
/// Both shapes as three axes, neighbours that repeat alike in one. Throws Error{usage} where that takes more than three.
BroadcastSpec broadcast_axes(const Shape& a, const Shape& b);

/// y = f(a, b). `weight`: b is this weight of the state, as float32. A sample's shapes; the batch of a is added, that of b where it is no weight.
Value emit_broadcast(Emission& e, BinaryFunction function, Value a, const Shape& a_shape, Value b, const Shape& b_shape,
                     std::optional<std::size_t> weight = {});

}  // namespace lehr
