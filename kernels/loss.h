// loss.h: losses of a batch and their gradient, in one pass: per_sample[n] = weight_n * loss_n, dz = weight_n * d loss_n / dz * gradient_scale.
//   *_crossentropy          labels i32 [n] (sparse) or f32 [n,c]; smoothing y <- y(1-s) + s/c, of binary ones y(1-s) + s/2
//     categorical, logits   logsumexp(z) - sum_k y_k z_k; from probabilities Keras's clipping to [1e-7, 1-1e-7] (sparse: softmax
//                           cross-entropy of log q; one-hot: p / sum p, clipped)
//     binary, logits        mean over c of max(z,0) - zy + log(1+e^-|z|); from probabilities clipped
//     categorical_focal     sum over c of -alpha y (1-q)^gamma log q of clipped shares q; binary_focal: mean over c
//   categorical_hinge       max(0, 1 + max_k (1-y_k) z_k - sum yz)
//   cosine_similarity       -sum yz / (|y| |z|), norms from 1e-7 up
//   kl_divergence           sum over c of y log(y/z), both clipped to [1e-7, 1]
//   all others              means over c, as mean_squared_error (z-y)^2, mean_absolute_error |z-y|: kernels/loss_columns.h
// Weights  class_weights [classes] f32 by label (argmax of a row, round of a single number), sample_weights [n] f32; either may be empty, both
//          multiply
// Shapes   z, dz [n,c] f32|bf16; per_sample [n] f32
// Needs    labels in [0, c): checked on the host before training (a label outside gives NaN)
// Alias    dz may be z; dz may be empty (evaluation)     Writes  =     Order  fixed, any number of threads     Sums  f32
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
  mean_absolute_percentage_error,
  mean_squared_logarithmic_error,
  log_cosh,
  huber,
  hinge,
  squared_hinge,
  categorical_hinge,
  kl_divergence,
  poisson,
  cosine_similarity,
  categorical_focal_crossentropy,
  binary_focal_crossentropy
};

struct LossSpec {
  LossKind kind = LossKind::sparse_categorical_crossentropy;
  std::int64_t rows = 0, classes = 0;
  bool from_logits = true;  ///< cross-entropies only
  float label_smoothing = 0;
  float delta = 1;                 ///< huber
  float alpha = 0.25F, gamma = 2;  ///< focal: weight, and how strongly what is already right counts less
  bool class_balancing = false;    ///< binary focal: alpha to the ones and 1 - alpha to the zeros; without it alpha is not used
  float gradient_scale = 1;        ///< 1/N for the mean over the batch
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
