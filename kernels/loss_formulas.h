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

// Losses of a row of shares r, which add up to one: sum_k term(r_k, t_k), with d term / dr = slope(r, t).
/// Keras: q = clip(r), -sum t log q.
struct CrossentropyOfShare {
  LEHR_HD float term(float r, float t) const { return -t * fast::log(clip(r)); }
  LEHR_HD float slope(float r, float t) const { return -passes(r) * t / clip(r); }
};

/// (1 - p)^gamma, gamma >= 0, without a branch: the logarithm of 0 is cut where float32 still has its power.
LEHR_HD inline float focus(float wrong, float gamma) { return fast::exp(gamma * fast::log(wrong < 1e-30F ? 1e-30F : wrong)); }

/// Lin et al. 2017, "Focal Loss for Dense Object Detection":  -alpha t (1 - q)^gamma log q.
struct FocalOfShare {
  float alpha, gamma;
  LEHR_HD float term(float r, float t) const { return -alpha * t * focus(1 - clip(r), gamma) * fast::log(clip(r)); }
  LEHR_HD float slope(float r, float t) const {
    const float q = clip(r);
    return passes(r) * alpha * t * (gamma * focus(1 - q, gamma - 1) * fast::log(q) - focus(1 - q, gamma) / q);
  }
};

/// Shares by dividing numbers p by their sum; the gradient of p_k takes off dot = sum_j slope_j r_j, since every share depends on p_k.
struct SharesOfSum {
  float inverse;  ///< 1 / sum p
  LEHR_HD float share(float p) const { return p * inverse; }
  LEHR_HD float slope(float slope_of_share, float, float dot) const { return inverse * (slope_of_share - dot); }
};
/// By softmax of logits: d r_j / d z_k = r_j (1[j = k] - r_k).
struct SharesOfLogits {
  float m, inverse;  ///< max z, 1 / sum e^(z - m)
  LEHR_HD float share(float z) const { return fast::exp(z - m) * inverse; }
  LEHR_HD float slope(float slope_of_share, float share, float dot) const { return share * (slope_of_share - dot); }
};

/// neg = max (1-y)z, pos = sum yz; `ties`: columns that have that maximum, which share its gradient.
struct CategoricalHinge {
  float neg, pos, ties;
  LEHR_HD static float of_others(float z, float y) { return (1 - y) * z; }
  LEHR_HD float margin() const { return neg - pos + 1; }
  LEHR_HD float loss() const { return margin() < 0 ? 0.0F : margin(); }
  LEHR_HD float slope(float z, float y) const {
    const float of_largest = of_others(z, y) == neg ? (1 - y) / ties : 0.0F;
    return margin() < 0 ? 0.0F : of_largest - y;
  }
};

/// -cos of the angle between z and y, from the sums of zz, yy and yz; a norm counts as 1e-7 at least.
struct CosineSimilarity {
  float of_z, of_y, cosine, along;  ///< 1/|z|, 1/|y|; along: what a longer z changes
  LEHR_HD static float inverse_norm(float squares) { return squares < 1e-14F ? 1e7F : 1 / std::sqrt(squares); }
  LEHR_HD CosineSimilarity(float zz, float yy, float yz)
      : of_z(inverse_norm(zz)), of_y(inverse_norm(yy)), cosine(yz * of_z * of_y), along(zz < 1e-14F ? 0.0F : cosine * of_z) {}
  LEHR_HD float loss() const { return -cosine; }
  LEHR_HD float slope(float z, float y) const { return -of_z * (y * of_y - z * along); }
};

}  // namespace lehr::losses
