// conv2d_transpose.h: the gradient of a convolution as a layer: learned up-sampling.
#pragma once

#include "kernels/activation.h"
#include "layers/layer.h"
#include "layers/name_fields.h"
#include "layers/window.h"

namespace lehr {

struct Conv2DTranspose {
  static constexpr SpecInfo info{
      .name = "conv2d_transpose",
      .class_name = "Conv2DTranspose",
      .summary = "transposed 2-D convolution: the way back through a convolution",
      .formula =
          "y = activation(bias + d conv2d / d input (x)); valid: n*stride + max(kernel - stride, 0) outputs, same: n*stride;\n"
          "output_padding p: (n - 1)*stride + kernel + p, same: (n - 1)*stride + kernel%2 + p"};
  Required<int> filters = {};
  Required<Size2> kernel_size = {};
  Size2 strides = 1;
  Padding padding = Padding::valid;
  Size2 dilation_rate = 1;
  std::optional<Size2> output_padding = {};
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
    f("strides", self.strides, "how many outputs an input pixel is moved");
    f("padding", self.padding, "valid: every output that a window touches; same: stride outputs a pixel");
    f("dilation_rate", self.dilation_rate, "distance between the window's cells");
    f("output_padding", self.output_padding, "outputs beyond the least there can be, below strides; none: by padding");
    f("activation", self.activation, "function of the outputs");
    f("use_bias", self.use_bias, "add a bias");
    f("kernel_initializer", self.kernel_initializer, "starting values of the kernel (h, w, filters, channels)");
    f("bias_initializer", self.bias_initializer, "starting values of the bias");
    f("kernel_regularizer", self.kernel_regularizer, "penalty on the kernel");
    f("bias_regularizer", self.bias_regularizer, "penalty on the bias");
    f("activity_regularizer", self.activity_regularizer, "penalty on the outputs");
    f("kernel_constraint", self.kernel_constraint, "applied to the kernel after each step");
    f("bias_constraint", self.bias_constraint, "applied to the bias after each step");
    weighted_name_fields(self, f);
  }
};
std::unique_ptr<Layer> make_layer(const Conv2DTranspose& spec);

}  // namespace lehr
