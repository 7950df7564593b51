// dense.h: y = activation(x . kernel + bias), on the last axis.
#pragma once

#include "kernels/activation.h"
#include "layers/layer.h"

namespace lehr {

struct Dense {
  static constexpr SpecInfo info{.name = "dense",
                                 .class_name = "Dense",
                                 .summary = "fully connected layer",
                                 .formula = "y = activation(x . kernel + bias), kernel (inputs, units)"};
  Required<int> units = {};
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
    f("units", self.units, "number of outputs");
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
std::unique_ptr<Layer> make_layer(const Dense& spec);

}  // namespace lehr
