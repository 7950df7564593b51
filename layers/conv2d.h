// conv2d.h: 2-D convolution, NHWC, kernels HWIO.
#pragma once

#include "kernels/activation.h"
#include "layers/layer.h"
#include "layers/window.h"

namespace lehr {

struct Conv2D {
  static constexpr SpecInfo info{
      .name = "conv2d",
      .class_name = "Conv2D",
      .summary = "2-D convolution",
      .formula = "y[p,q,f] = activation(bias[f] + sum_{r,s,c} x[p*stride + r*dilation, q*stride + s*dilation, c] * kernel[r,s,c,f])"};
  Required<int> filters = {};
  Required<Size2> kernel_size = {};
  Size2 strides = 1;
  Padding padding = Padding::valid;
  Size2 dilation_rate = 1;
  int groups = 1;
  Activation activation = Activation::linear;
  bool use_bias = true;
  Initializer kernel_initializer = glorot_uniform;
  Initializer bias_initializer = zeros;
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::string name = {};
  bool trainable = true;

  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("filters", self.filters, "number of outputs a pixel");
    f("kernel_size", self.kernel_size, "height and width of the window");
    f("strides", self.strides, "step of the window");
    f("padding", self.padding, "valid: none; same: zeros, so that the output keeps the size (divided by the stride)");
    f("dilation_rate", self.dilation_rate, "distance between the window's cells");
    f("groups", self.groups, "channel groups convolved apart");
    f("activation", self.activation, "function of the outputs");
    f("use_bias", self.use_bias, "add a bias");
    f("kernel_initializer", self.kernel_initializer, "starting values of the kernel");
    f("bias_initializer", self.bias_initializer, "starting values of the bias");
    f("kernel_regularizer", self.kernel_regularizer, "penalty on the kernel");
    f("bias_regularizer", self.bias_regularizer, "penalty on the bias");
    f("activity_regularizer", self.activity_regularizer, "penalty on the outputs");
    f("kernel_constraint", self.kernel_constraint, "applied to the kernel after each step");
    f("bias_constraint", self.bias_constraint, "applied to the bias after each step");
    f("name", self.name, "name of the layer");
    f("trainable", self.trainable, "false: the weights stay as they are");
  }
};
std::unique_ptr<Layer> make_layer(const Conv2D& spec);

}  // namespace lehr
