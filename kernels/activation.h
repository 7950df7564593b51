// activation.h: element-wise functions of keras.activations and their gradients.
//   forward   y = f(x)                       backward  dx = dy * f'(x)        softmax and log_softmax act along the last axis (rows x
//   channels)
// Shapes   x, y, dx, dy [count]; for softmax [rows, channels]; f32|bf16      Alias  y may be x, dx may be dy      Writes  =
// Order    fixed, same bits for any number of threads                        Sums   f32     Meaning keras.activations (Keras 3)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

enum class Activation : std::uint8_t {
  linear,
  relu,
  relu6,
  leaky_relu,
  elu,
  selu,
  sigmoid,
  tanh,
  softplus,
  softsign,
  log_sigmoid,
  silu,
  gelu,
  hard_sigmoid,
  hard_silu,
  mish,
  exponential,
  softmax,
  log_softmax
};

std::string_view name_of(Activation activation);
std::optional<Activation> activation_of(std::string_view name);  ///< Keras's names; `swish` is silu, `none` is linear

/// True where f'(x) can be computed from y alone, so that the pre-activation need not be kept (relu, sigmoid, tanh, elu, softmax, ...).
bool gradient_from_output(Activation activation);

struct ActivationSpec {
  Activation activation = Activation::linear;
  float alpha = 0;           ///< leaky_relu: negative slope; elu: alpha; relu: negative slope (Keras's ReLU layer)
  float max_value = -1;      ///< relu only: cap, none when negative
  float threshold = 0;       ///< relu only
  bool approximate = false;  ///< gelu only: the tanh form
  std::int64_t rows = 0, channels = 0;
  DType dtype = DType::f32;
};
struct ActivationBackwardSpec {
  ActivationSpec forward;
};

struct ActivationForward {
  virtual ~ActivationForward() = default;
  virtual void run(ConstView x, View y, Stream& stream) = 0;
};
/// x is needed only where !gradient_from_output, y only where gradient_from_output; the other may be empty.
struct ActivationBackward {
  virtual ~ActivationBackward() = default;
  virtual void run(ConstView x, ConstView y, ConstView dy, View dx, Stream& stream) = 0;
};
std::unique_ptr<ActivationForward> make_on(Cpu&, const ActivationSpec&);
std::unique_ptr<ActivationForward> make_on(Cuda&, const ActivationSpec&);
std::unique_ptr<ActivationBackward> make_on(Cpu&, const ActivationBackwardSpec&);
std::unique_ptr<ActivationBackward> make_on(Cuda&, const ActivationBackwardSpec&);

/// What the gradient does between a layer's output and its product, in one pass: dz = dy * f'(y), d_bias[c] = sum over rows of dz[., c].
/// Only for activations with gradient_from_output; linear allowed (then dz may be empty: only d_bias is written). d_bias f32 [channels],
/// may be empty. dz may be dy.
struct BiasActivationBackwardSpec {
  ActivationSpec forward;
  bool bias = true;
};
struct BiasActivationBackward {
  virtual ~BiasActivationBackward() = default;
  virtual std::size_t workspace_bytes() const = 0;  ///< partial sums, one row a chunk
  virtual void run(ConstView y, ConstView dy, View dz, View d_bias, View workspace, Stream& stream) = 0;
};
std::unique_ptr<BiasActivationBackward> make_on(Cpu&, const BiasActivationBackwardSpec&);
void verify(const ActivationSpec&);              ///< throws Error{usage} for what Keras does not take
void verify(const BiasActivationBackwardSpec&);  ///< throws Error where the gradient is no function of one output
std::unique_ptr<BiasActivationBackward> make_on(Cuda&, const BiasActivationBackwardSpec&);

}  // namespace lehr
