// batch_norm.h: batch normalization over rows, per channel (axis -1).
//   training   mu, var (population) of the batch; y = (x - mu) * inv * gamma + beta, inv = 1/sqrt(var + epsilon);
//              moving = moving * momentum + batch * (1 - momentum), for mean and population variance, unless counters->stop is set
//   inference  the moving statistics instead, nothing updated
//   backward   of training:   dgamma = sum dy*xhat, dbeta = sum dy, dx = gamma*inv*(dy - dbeta/m - xhat*dgamma/m)
//              of inference:  dx = dy*gamma*inv
// Shapes   x, y, dx, dy [rows, channels] f32|bf16; everything else [channels] f32; gamma, beta, dgamma, dbeta may be empty (scale=False,
//          center=False), dx too
// Alias    y may be x, dx may be dy     Writes  =     Order  fixed, any number of threads
// Sums     f32 over 64 rows, f64 beyond: the error does not grow with the number of rows     Meaning  keras.layers.BatchNormalization
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

struct BatchNormSpec {
  std::int64_t rows = 0, channels = 0;
  float momentum = 0.99F, epsilon = 1e-3F;
  bool training = true;
  DType dtype = DType::f32;
};
struct BatchNormBackwardSpec {
  BatchNormSpec forward;
};

struct BatchNorm {
  virtual ~BatchNorm() = default;
  virtual std::size_t workspace_bytes() const = 0;
  /// saved_mean, saved_inv [channels]: written in training, for backward (in inference too, from the moving statistics). Without counters
  /// nothing stops.
  virtual void run(ConstView x, ConstView gamma, ConstView beta, View moving_mean, View moving_variance, View y, View saved_mean,
                   View saved_inv, const StepCounters* counters, View workspace, Stream& stream) = 0;
};
struct BatchNormBackward {
  virtual ~BatchNormBackward() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView x, ConstView dy, ConstView gamma, ConstView saved_mean, ConstView saved_inv, View dx, View d_gamma,
                   View d_beta, View workspace, Stream& stream) = 0;
};
std::unique_ptr<BatchNorm> make_on(Cpu&, const BatchNormSpec&);
std::unique_ptr<BatchNorm> make_on(Cuda&, const BatchNormSpec&);
std::unique_ptr<BatchNormBackward> make_on(Cpu&, const BatchNormBackwardSpec&);
std::unique_ptr<BatchNormBackward> make_on(Cuda&, const BatchNormBackwardSpec&);

}  // namespace lehr
