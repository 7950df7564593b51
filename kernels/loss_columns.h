// loss_columns.h: losses whose row is the mean, or the sum, over columns of value(z, y), with d value / dz = slope(z, y), as both devices
// compute them.
#pragma once

#include "kernels/loss.h"
#include "kernels/loss_formulas.h"

namespace lehr::losses {

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
/// 100 |z - y| / max(|y|, 1e-7).
struct AbsolutePercentage {
  LEHR_HD static float scale(float y) {
    const float size = y < 0 ? -y : y;
    return 100 / (size < low_probability ? low_probability : size);
  }
  LEHR_HD float value(float z, float y) const { return Absolute{}.value(z, y) * scale(y); }
  LEHR_HD float slope(float z, float y) const { return Absolute{}.slope(z, y) * scale(y); }
};
/// (log(1 + z) - log(1 + y))^2 of numbers from 1e-7 up.
struct SquaredLogarithmic {
  LEHR_HD static float floored(float v) { return v < low_probability ? low_probability : v; }
  LEHR_HD static float difference(float z, float y) { return fast::log(floored(z) + 1) - fast::log(floored(y) + 1); }
  LEHR_HD float value(float z, float y) const { return difference(z, y) * difference(z, y); }
  LEHR_HD float slope(float z, float y) const { return z < low_probability ? 0.0F : 2 * difference(z, y) / (z + 1); }
};
/// log cosh e = |e| + log(1 + e^-2|e|) - log 2.
struct LogCosh {
  LEHR_HD float value(float z, float y) const {
    constexpr float log2 = 0.693147181F;  // NOLINT(modernize-use-std-numbers): of devices too
    const float e = Absolute{}.value(z, y);
    return e + fast::log1p(fast::exp(-2 * e)) - log2;
  }
  LEHR_HD float slope(float z, float y) const { return fast::tanh(z - y); }
};
/// max(0, 1 - yz), y of -1 and 1; 0 stands for -1.
struct Hinge {
  LEHR_HD static float margin(float z, float y) { return 1 - (y == 0 ? -1.0F : y) * z; }
  LEHR_HD float value(float z, float y) const { return margin(z, y) < 0 ? 0.0F : margin(z, y); }
  LEHR_HD float slope(float z, float y) const { return margin(z, y) < 0 ? 0.0F : (y == 0 ? 1.0F : -y); }
};
struct SquaredHinge {
  LEHR_HD float value(float z, float y) const { return Hinge{}.value(z, y) * Hinge{}.value(z, y); }
  LEHR_HD float slope(float z, float y) const { return 2 * Hinge{}.value(z, y) * Hinge{}.slope(z, y); }
};
/// z - y log(z + 1e-7): of counts y, z their rate.
struct Poisson {
  LEHR_HD float value(float z, float y) const { return z - y * fast::log(z + low_probability); }
  LEHR_HD float slope(float z, float y) const { return 1 - y / (z + low_probability); }
};
/// y log(y / z), both clipped to [1e-7, 1]; summed, not averaged.
struct KullbackLeibler {
  LEHR_HD static float clip(float p) { return p < low_probability ? low_probability : (p > 1 ? 1.0F : p); }
  LEHR_HD float value(float z, float y) const { return clip(y) * fast::log(clip(y) / clip(z)); }
  LEHR_HD float slope(float z, float y) const { return z < low_probability || z > 1 ? 0.0F : -clip(y) / z; }
};
/// Lin et al. 2017:  b (1 - r)^gamma * crossentropy, r = ty + (1-t)(1-p) the probability given to what is right;
/// b = t alpha + (1-t)(1 - alpha) under balancing, otherwise 1.
struct BinaryFocal {
  float smoothing, alpha, gamma;
  bool balancing;
  LEHR_HD float target(float y) const { return y * (1 - smoothing) + 0.5F * smoothing; }
  LEHR_HD float balance(float t) const { return balancing ? t * alpha + (1 - t) * (1 - alpha) : 1.0F; }
  LEHR_HD static float wrong(float p, float t) { return t * (1 - p) + (1 - t) * p; }
  LEHR_HD float value(float p, float t, float crossentropy) const { return balance(t) * focus(wrong(p, t), gamma) * crossentropy; }
  /// By what `of_crossentropy` and `of_p` are the slopes of.
  LEHR_HD float slope(float p, float t, float crossentropy, float of_crossentropy, float of_p) const {
    const float of_wrong = gamma * focus(wrong(p, t), gamma - 1) * (1 - 2 * t) * of_p;
    return balance(t) * (focus(wrong(p, t), gamma) * of_crossentropy + of_wrong * crossentropy);
  }
};
struct BinaryFocalFromLogits {
  BinaryFocal f;
  LEHR_HD BinaryFromLogits crossentropy() const { return {f.smoothing}; }
  LEHR_HD float value(float z, float y) const { return f.value(fast::sigmoid(z), f.target(y), crossentropy().value(z, y)); }
  LEHR_HD float slope(float z, float y) const {
    const float p = fast::sigmoid(z);
    return f.slope(p, f.target(y), crossentropy().value(z, y), crossentropy().slope(z, y), p * (1 - p));
  }
};
struct BinaryFocalFromProbabilities {
  BinaryFocal f;
  LEHR_HD BinaryFromProbabilities crossentropy() const { return {f.smoothing}; }
  LEHR_HD float value(float p, float y) const { return f.value(p, f.target(y), crossentropy().value(p, y)); }
  LEHR_HD float slope(float p, float y) const { return f.slope(p, f.target(y), crossentropy().value(p, y), crossentropy().slope(p, y), 1); }
};

/// visit(f, share): the loss is share times the sum over columns. Of any other kind than those with columns: not called, NaN.
template <class Visit>
LEHR_HD inline float with_column_loss(const LossSpec& s, const Visit& visit) {
  const float mean = 1 / static_cast<float>(s.classes), smoothing = s.label_smoothing;
  switch (s.kind) {
    case LossKind::binary_crossentropy:
      return s.from_logits ? visit(BinaryFromLogits{smoothing}, mean) : visit(BinaryFromProbabilities{smoothing}, mean);
    case LossKind::binary_focal_crossentropy: {
      const BinaryFocal f{smoothing, s.alpha, s.gamma, s.class_balancing};
      return s.from_logits ? visit(BinaryFocalFromLogits{f}, mean) : visit(BinaryFocalFromProbabilities{f}, mean);
    }
    case LossKind::mean_squared_error:
      return visit(Squared{}, mean);
    case LossKind::mean_absolute_error:
      return visit(Absolute{}, mean);
    case LossKind::mean_absolute_percentage_error:
      return visit(AbsolutePercentage{}, mean);
    case LossKind::mean_squared_logarithmic_error:
      return visit(SquaredLogarithmic{}, mean);
    case LossKind::log_cosh:
      return visit(LogCosh{}, mean);
    case LossKind::huber:
      return visit(Huber{s.delta}, mean);
    case LossKind::hinge:
      return visit(Hinge{}, mean);
    case LossKind::squared_hinge:
      return visit(SquaredHinge{}, mean);
    case LossKind::poisson:
      return visit(Poisson{}, mean);
    case LossKind::kl_divergence:
      return visit(KullbackLeibler{}, 1.0F);
    default:
      return std::numeric_limits<float>::quiet_NaN();
  }
}

}  // namespace lehr::losses
