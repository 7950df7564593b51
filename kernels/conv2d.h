// conv2d.h: 2-D cross-correlation, NHWC activations, HWIO kernels, as Keras's Conv2D.
//   forward           y[n,p,q,f] = act(b[f] + sum_{r,s,c} x[n, p*stride_h + r*dilation_h - pad_top, q*stride_w + s*dilation_w - pad_left,
//   c] * w[r,s,c,f]) backward_data     dx from dy and w           backward_weights  dw from x and dy, d_bias[f] = sum dy[.,.,.,f]
// Shapes   x [n,h,w,c], y [n,p,q,f] f32|bf16; w [r,s,c/groups,f] f32|bf16; b, d_bias [f] f32; dw like w, f32
// A backend may want weights and their gradient in a layout of its own: pack() and unpack() convert, packed sizes are 0 where it takes the
// public order. Writes   =     Alias  none     Order  fixed for a thread count     Sums  f32     Meaning  keras.layers.Conv2D
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/activation.h"
#include "kernels/backend.h"
#include "kernels/variant.h"

namespace lehr {

class Cpu;
class Cuda;

struct Conv2dShape {
  std::int64_t batch = 1, height = 1, width = 1, in_channels = 1, out_channels = 1;
  std::int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, groups = 1;
  std::int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;

  std::int64_t out_height() const { return (height + pad_top + pad_bottom - (kernel_h - 1) * dilation_h - 1) / stride_h + 1; }
  std::int64_t out_width() const { return (width + pad_left + pad_right - (kernel_w - 1) * dilation_w - 1) / stride_w + 1; }
  /// Multiply-adds counted as two, of one of the three passes.
  double flops() const {
    const std::int64_t outputs = batch * out_height() * out_width() * out_channels, products = kernel_h * kernel_w * (in_channels / groups);
    return 2.0 * static_cast<double>(outputs) * static_cast<double>(products);
  }
};

/// activation: linear, or one with a cheap fused form (relu, relu6, sigmoid, tanh); can_fuse() tells.
struct Conv2dForwardSpec {
  Conv2dShape shape = {};
  DType dtype = DType::f32;    ///< of x and y
  DType weights = DType::f32;  ///< of the public weights that pack() reads
  bool bias = true;
  Activation activation = Activation::linear;
  Variant variant = Variant::automatic;
  bool tf32 = false;  ///< float32 operands may lose mantissa to tensor cores; a CPU has none
};
struct Conv2dBackwardDataSpec {
  Conv2dShape shape = {};
  DType dtype = DType::f32;
  DType weights = DType::f32;
  Variant variant = Variant::automatic;
  bool tf32 = false;
};
struct Conv2dBackwardWeightsSpec {
  Conv2dShape shape = {};
  DType dtype = DType::f32;
  bool bias = true;
  Variant variant = Variant::automatic;
  bool tf32 = false;
};

bool conv2d_can_fuse(Activation activation);

/// Throw Error{usage} for a problem that makes no sense.
void verify(const Conv2dForwardSpec& spec);
void verify(const Conv2dBackwardDataSpec& spec);
void verify(const Conv2dBackwardWeightsSpec& spec);

/// The line of tests/problems/conv2d that says the same, its pass included: what a plan did can be timed alone, or planned for another
/// device.
std::string problem_line(const Conv2dForwardSpec& spec);
std::string problem_line(const Conv2dBackwardDataSpec& spec);
std::string problem_line(const Conv2dBackwardWeightsSpec& spec);

struct Conv2dForward {
  virtual ~Conv2dForward() = default;
  virtual std::string implementation() const { return "ours"; }  ///< who computes, as `lehr summary --plan` says it
  virtual std::size_t packed_bytes() const = 0;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void pack(ConstView weights, View packed, Stream& stream) = 0;
  virtual void run(ConstView x, ConstView packed, ConstView bias, View y, View workspace, Stream& stream) = 0;
};
struct Conv2dBackwardData {
  virtual ~Conv2dBackwardData() = default;
  virtual std::string implementation() const { return "ours"; }
  virtual std::size_t packed_bytes() const = 0;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void pack(ConstView weights, View packed, Stream& stream) = 0;
  virtual void run(ConstView dy, ConstView packed, View dx, View workspace, Stream& stream) = 0;
};
struct Conv2dBackwardWeights {
  virtual ~Conv2dBackwardWeights() = default;
  virtual std::string implementation() const { return "ours"; }
  virtual std::size_t packed_bytes() const = 0;  ///< of the gradient
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView x, ConstView dy, View packed_dw, View d_bias, View workspace, Stream& stream) = 0;
  virtual void unpack(ConstView packed_dw, View dw, Stream& stream) = 0;
};
// Where packed_bytes() is 0 the public array itself is passed as `packed`.
std::unique_ptr<Conv2dForward> make_on(Cpu&, const Conv2dForwardSpec&);
std::unique_ptr<Conv2dForward> make_on(Cuda&, const Conv2dForwardSpec&);
std::unique_ptr<Conv2dBackwardData> make_on(Cpu&, const Conv2dBackwardDataSpec&);
std::unique_ptr<Conv2dBackwardData> make_on(Cuda&, const Conv2dBackwardDataSpec&);
std::unique_ptr<Conv2dBackwardWeights> make_on(Cpu&, const Conv2dBackwardWeightsSpec&);
std::unique_ptr<Conv2dBackwardWeights> make_on(Cuda&, const Conv2dBackwardWeightsSpec&);

}  // namespace lehr
