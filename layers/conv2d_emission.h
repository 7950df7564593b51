// conv2d_emission.h: the operations of a convolution, both ways: what Conv2D, DepthwiseConv2D and SeparableConv2D share.
#pragma once

#include "kernels/conv2d.h"
#include "layers/layer.h"

namespace lehr {

struct ConvolutionEmission {
  Conv2dShape shape = {};
  std::size_t kernel = 0;                ///< index into the State; shape (kernel_h, kernel_w, in_channels/groups, out_channels) in memory
  std::optional<std::size_t> bias = {};  ///< likewise
  Activation activation = Activation::linear;
};
Value emit_conv2d(Planner& p, const std::string& name, Value x, const ConvolutionEmission& c);

/// Weights in the layout that `op` wants: packed in the plan, or the public ones.
template <class Op>
Value packed_weights(Planner& p, const std::string& layer, Value weights, const std::shared_ptr<Op>& op) {
  if (op->packed_bytes() == 0) return weights;
  const std::size_t bytes = op->packed_bytes();
  return p.pack(layer, weights, bytes, [op](ConstView from, View to, Stream& s) { op->pack(from, to, s); });
}

/// dw = d kernel of a convolution of x that has the output gradient dz.
void emit_kernel_gradient(Planner& p, const std::string& name, const Conv2dShape& shape, Value x, Value dz, Value dw);

}  // namespace lehr
