// loss.h: losses of a batch and their gradient, in one pass. per_sample[n] = weight_n * loss_n; dz = weight_n * d loss_n / dz *
// gradient_scale.
//   softmax_cross_entropy   labels i32 [n] or f32 one-hot [n,c]; from logits: loss = logsumexp(z) - sum_k y_k z_k with y <- y(1-s) + s/c
//   under label smoothing s;
//                           from probabilities: Keras's clipping to [1e-7, 1-1e-7] (sparse: softmax cross-entropy of log q; one-hot: p/sum
//                           p, clipped)
//   binary_cross_entropy    y f32 [n,c]; from logits max(z,0) - z*y + log(1+e^-|z|); from probabilities clipped; mean over c; smoothing
//   y(1-s) + s/2 mean_squared_error, mean_absolute_error, huber(delta): mean over c of (z-y)^2, |z-y|, the Huber function
// Weights  class_weights [classes] f32 by label (argmax of one-hot, round of float), sample_weights [n] f32; either may be empty, both
// multiply Shapes   z, dz [n,c] f32|bf16; per_sample [n] f32     Needs  labels in [0, c): checked on the host before training (a label
// outside gives NaN) Alias    dz may be z; dz may be empty (evaluation)     Writes  =     Order  fixed, any number of threads     Sums  f32
// Meaning  keras.losses
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"

namespace lehr {

class Cpu;
class Cuda;

enum class LossKind : std::uint8_t {
  sparse_categorical_crossentropy,
  categorical_crossentropy,
  binary_crossentropy,
  mean_squared_error,
  mean_absolute_error,
  huber
};

struct LossSpec {
  LossKind kind = LossKind::sparse_categorical_crossentropy;
  std::int64_t rows = 0, classes = 0;
  bool from_logits = true;  ///< cross-entropies only
  float label_smoothing = 0;
  float delta = 1;           ///< huber
  float gradient_scale = 1;  ///< 1/N for the mean over the batch
  bool sample_weights = false, class_weights = false;
  DType dtype = DType::f32;  ///< of z and dz
};
struct BatchLoss {
  virtual ~BatchLoss() = default;
  virtual void run(ConstView z, ConstView labels, ConstView sample_weights, ConstView class_weights, View per_sample, View dz,
                   Stream& stream) = 0;
};
void verify(const LossSpec&);  ///< throws Error{usage} for what Keras does not take
std::unique_ptr<BatchLoss> make_on(Cpu&, const LossSpec&);
std::unique_ptr<BatchLoss> make_on(Cuda&, const LossSpec&);

}  // namespace lehr
