// depthwise_conv2d.h: convolutions that keep channels apart: DepthwiseConv2D, and SeparableConv2D with a 1x1 convolution behind it.
#pragma once

#include "kernels/activation.h"
#include "layers/layer.h"
#include "layers/name_fields.h"
#include "layers/window.h"

namespace lehr {

struct DepthwiseConv2D {
  static constexpr SpecInfo info{
      .name = "depthwise_conv2d",
      .class_name = "DepthwiseConv2D",
      .summary = "2-D convolution of each channel by itself",
      .formula = "y[p,q,c*m + j] = activation(bias + sum_{r,s} x[p*stride + r, q*stride + s, c] * kernel[r,s,c,j]), m = depth_multiplier"};
  Required<Size2> kernel_size = {};
  Size2 strides = 1;
  Padding padding = Padding::valid;
  int depth_multiplier = 1;
  Size2 dilation_rate = 1;
  Activation activation = Activation::linear;
  bool use_bias = true;
  Initializer depthwise_initializer = glorot_uniform;
  Initializer bias_initializer = zeros;
  Regularizer depthwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint bias_constraint = {};
  std::string name = {};
  bool trainable = true;

  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("kernel_size", self.kernel_size, "height and width of the window");
    f("strides", self.strides, "step of the window");
    f("padding", self.padding, "valid: none; same: zeros, so that the output keeps the size (divided by the stride)");
    f("depth_multiplier", self.depth_multiplier, "outputs a channel");
    f("dilation_rate", self.dilation_rate, "distance between the window's cells");
    f("activation", self.activation, "function of the outputs");
    f("use_bias", self.use_bias, "add a bias");
    f("depthwise_initializer", self.depthwise_initializer, "starting values of the kernel");
    f("bias_initializer", self.bias_initializer, "starting values of the bias");
    f("depthwise_regularizer", self.depthwise_regularizer, "penalty on the kernel");
    f("bias_regularizer", self.bias_regularizer, "penalty on the bias");
    f("activity_regularizer", self.activity_regularizer, "penalty on the outputs");
    f("depthwise_constraint", self.depthwise_constraint, "applied to the kernel after each step");
    f("bias_constraint", self.bias_constraint, "applied to the bias after each step");
    weighted_name_fields(self, f);
  }
};

struct SeparableConv2D {
  static constexpr SpecInfo info{.name = "separable_conv2d",
                                 .class_name = "SeparableConv2D",
                                 .summary = "a depthwise convolution, then a 1x1 convolution over its channels",
                                 .formula = "y = activation(conv2d(depthwise_conv2d(x, depthwise_kernel), pointwise_kernel) + bias)"};
  Required<int> filters = {};
  Required<Size2> kernel_size = {};
  Size2 strides = 1;
  Padding padding = Padding::valid;
  Size2 dilation_rate = 1;
  int depth_multiplier = 1;
  Activation activation = Activation::linear;
  bool use_bias = true;
  Initializer depthwise_initializer = glorot_uniform, pointwise_initializer = glorot_uniform;
  Initializer bias_initializer = zeros;
  Regularizer depthwise_regularizer = {}, pointwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint depthwise_constraint = {}, pointwise_constraint = {};
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
    f("depth_multiplier", self.depth_multiplier, "channels between the two convolutions, a channel of the input");
    f("activation", self.activation, "function of the outputs");
    f("use_bias", self.use_bias, "add a bias");
    f("depthwise_initializer", self.depthwise_initializer, "starting values of the depthwise kernel");
    f("pointwise_initializer", self.pointwise_initializer, "starting values of the 1x1 kernel");
    f("bias_initializer", self.bias_initializer, "starting values of the bias");
    f("depthwise_regularizer", self.depthwise_regularizer, "penalty on the depthwise kernel");
    f("pointwise_regularizer", self.pointwise_regularizer, "penalty on the 1x1 kernel");
    f("bias_regularizer", self.bias_regularizer, "penalty on the bias");
    f("activity_regularizer", self.activity_regularizer, "penalty on the outputs");
    f("depthwise_constraint", self.depthwise_constraint, "applied to the depthwise kernel after each step");
    f("pointwise_constraint", self.pointwise_constraint, "applied to the 1x1 kernel after each step");
    f("bias_constraint", self.bias_constraint, "applied to the bias after each step");
    weighted_name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const DepthwiseConv2D& spec);
std::unique_ptr<Layer> make_layer(const SeparableConv2D& spec);

}  // namespace lehr
