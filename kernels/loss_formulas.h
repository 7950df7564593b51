// loss_formulas.h: the losses of loss.h element by element, as both devices compute them; only how a row is walked and summed is the
// device's. w: weight of the row times gradient_scale.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/fast_math.h"

namespace lehr::losses {

constexpr float low_probability = 1e-7F, high_probability = 1.0F - 1e-7F;  // Keras's epsilon; the upper one is 1 - 2^-23 in float32

LEHR_HD inline float clip(float p) { return p < low_probability ? low_probability : (p > high_probability ? high_probability : p); }
/// TensorFlow's clip passes the gradient where the value lies within, bounds included.
LEHR_HD inline float passes(float p) { return p >= low_probability && p <= high_probability ? 1.0F : 0.0F; }

/// Keras's label smoothing s of a one-hot row: y(1-s) + s/n.
struct Smoothed {
  float keep, shared;
  LEHR_HD Smoothed(float smoothing, std::int64_t n) : keep(1 - smoothing), shared(smoothing / static_cast<float>(n)) {}
  LEHR_HD float operator()(float y) const { return y * keep + shared; }
};

/// Label as an index, from logits: m = max z, sum = sum_k e^(z_k - m).
struct SparseFromLogits {
  Smoothed target;
  float m, sum, w, p, shared;
  LEHR_HD SparseFromLogits(float smoothing, std::int64_t n, float largest, float sum_of_exp, float weight)
      : target(smoothing, n),
        m(largest),
        sum(sum_of_exp),
        w(weight),
        p(weight / sum_of_exp),
        shared(weight * smoothing / static_cast<float>(n)) {}
  /// right = m - z_label, below = sum_k (m - z_k): small terms, no cancellation. `below` counts under smoothing only.
  LEHR_HD float loss(float right, float below) const {
    return (target.shared != 0 ? target.keep * right + target.shared * below : right) + std::log(sum);
  }
  LEHR_HD float slope(float z) const { return fast::exp(z - m) * p - shared; }
  LEHR_HD float slope_at_label(float z) const { return (fast::exp(z - m) / sum - target.keep) * w - shared; }
};

/// Keras: softmax cross-entropy of log q, q = clip(p):  log(sum q) - log q_label.
struct SparseFromProbabilities {
  float sum, w, shared;
  LEHR_HD SparseFromProbabilities(float sum_of_clipped, float weight) : sum(sum_of_clipped), w(weight), shared(weight / sum_of_clipped) {}
  LEHR_HD float loss(float q) const { return std::log(sum) - std::log(q); }
  LEHR_HD float slope(float p) const { return passes(p) * shared; }
  LEHR_HD float slope_at_label(float p) const { return passes(p) * w * (1 / sum - 1 / clip(p)); }
};

/// Labels as a row t of sum `total`, from logits.
struct CategoricalFromLogits {
  float m, log_sum;
  LEHR_HD float term(float z, float t) const { return t == 0 ? 0.0F : t * (m - z + log_sum); }
  /// p = total / sum.
  LEHR_HD float slope(float z, float t, float p, float w) const { return w * (fast::exp(z - m) * p - t); }
};

/// Keras: r = p / sum p, q = clip(r), -sum t log q.
struct CategoricalFromProbabilities {
  float inverse;  ///< 1 / sum p
  LEHR_HD float term(float p, float t) const { return -t * fast::log(clip(p * inverse)); }
  LEHR_HD float slope_of_share(float r, float t) const { return -passes(r) * t / clip(r); }
  /// Their sum is what `slope` takes off: r depends on every p.
  LEHR_HD float dot_term(float p, float t) const { return slope_of_share(p * inverse, t) * (p * inverse); }
  LEHR_HD float slope(float p, float t, float dot, float w) const { return w * inverse * (slope_of_share(p * inverse, t) - dot); }
};

// Losses that are means over columns of value(z, y), with d value / dz = slope(z, y).
struct BinaryFromLogits {
  float smoothing;
  LEHR_HD float target(float y) const { return y * (1 - smoothing) + 0.5F * smoothing; }
  LEHR_HD float value(float z, float y) const {
    const float a = z < 0 ? -z : z;
    return (z > 0 ? z : 0.0F) - z * target(y) + fast::log1p(fast::exp(-a)) + (z - z);
  }
  LEHR_HD float slope(float z, float y) const { return fast::sigmoid(z) - target(y); }
};
struct BinaryFromProbabilities {
  float smoothing;
  LEHR_HD float target(float y) const { return y * (1 - smoothing) + 0.5F * smoothing; }
  LEHR_HD float value(float p, float y) const {
    const float q = clip(p), t = target(y);
    return -(t * fast::log(q) + (1 - t) * fast::log(1 - q));
  }
  LEHR_HD float slope(float p, float y) const {
    const float q = clip(p), t = target(y);
    return passes(p) * ((1 - t) / (1 - q) - t / q);
  }
};
struct Squared {
  LEHR_HD float value(float z, float y) const { return (z - y) * (z - y); }
  LEHR_HD float slope(float z, float y) const { return 2 * (z - y); }
};
struct Absolute {
  LEHR_HD float value(float z, float y) const { return z < y ? y - z : z - y; }
  LEHR_HD float slope(float z, float y) const { return z < y ? -1.0F : (z > y ? 1.0F : z - y); }
};
struct Huber {
  float delta;
  LEHR_HD float value(float z, float y) const {
    const float e = z < y ? y - z : z - y;
    return e <= delta ? 0.5F * e * e : delta * e - 0.5F * delta * delta;
  }
  LEHR_HD float slope(float z, float y) const {
    const float e = z - y;
    return e < -delta ? -delta : (e > delta ? delta : e);
  }
};

}  // namespace lehr::losses
