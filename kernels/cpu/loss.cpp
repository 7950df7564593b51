#include "kernels/loss.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/element.h"
#include "kernels/fast_math.h"

namespace lehr {
namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float low_probability = 1e-7F, high_probability = 1.0F - 1e-7F;  // Keras's epsilon; the upper one is 1 - 2^-23 in float32

inline float clip(float p) { return p < low_probability ? low_probability : (p > high_probability ? high_probability : p); }
/// TensorFlow's clip passes the gradient where the value lies within, bounds included.
inline float passes(float p) { return p >= low_probability && p <= high_probability ? 1.0F : 0.0F; }

template <class T>
void fill_row(T* dz, std::int64_t n, float value) {
  for (std::int64_t k = 0; k < n; ++k) store(dz, k, value);
}

struct Softmax {
  float largest, sum;
};
template <class T>
LEHR_SIMD Softmax softmax_of(const T* z, std::int64_t n) {
  Softmax s{-std::numeric_limits<float>::infinity(), 0};
  float m = s.largest, sum = 0;
#pragma omp simd reduction(max : m)
  for (std::int64_t k = 0; k < n; ++k) {
    const float v = load(z, k);
    m = v > m ? v : m;
  }
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < n; ++k) sum += fast::exp(load(z, k) - m);
  return {m, sum};
}

/// Label as an index; smoothing s turns the one-hot row into y(1-s) + s/n. w: weight * gradient_scale.
template <class T>
LEHR_SIMD float sparse_from_logits(const T* z, std::int32_t label, T* dz, std::int64_t n, float smoothing, float w) {
  const Softmax s = softmax_of(z, n);
  float right = s.largest - load(z, label);
  if (smoothing != 0) {
    float below = 0;  // sum of (max - z): small terms, no cancellation
#pragma omp simd reduction(+ : below)
    for (std::int64_t k = 0; k < n; ++k) below += s.largest - load(z, k);
    right = (1 - smoothing) * right + smoothing / static_cast<float>(n) * below;
  }
  if (dz != nullptr) {
    const float p = w / s.sum, shared = w * smoothing / static_cast<float>(n);
    const float at_label = (fast::exp(load(z, label) - s.largest) / s.sum - (1 - smoothing)) * w - shared;
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, fast::exp(load(z, k) - s.largest) * p - shared);
    store(dz, label, at_label);
  }
  return right + std::log(s.sum);
}

/// Keras: softmax cross-entropy of log q, q = clip(p):  log(sum q) - log q_label.
template <class T>
LEHR_SIMD float sparse_from_probabilities(const T* p, std::int32_t label, T* dp, std::int64_t n, float w) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < n; ++k) sum += clip(load(p, k));
  const float at = load(p, label), q = clip(at);
  if (dp != nullptr) {
    const float shared = w / sum;
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dp, k, passes(load(p, k)) * shared);
    store(dp, label, passes(at) * w * (1 / sum - 1 / q));
  }
  return std::log(sum) - std::log(q);
}

template <class T>
LEHR_SIMD float categorical_from_logits(const T* z, const float* y, T* dz, std::int64_t n, float smoothing, float w) {
  const Softmax s = softmax_of(z, n);
  const float keep = 1 - smoothing, shared = smoothing / static_cast<float>(n), log_sum = std::log(s.sum);
  float loss = 0, total = 0;
#pragma omp simd reduction(+ : loss, total)
  for (std::int64_t k = 0; k < n; ++k) {
    const float t = y[k] * keep + shared;
    loss += t == 0 ? 0.0F : t * (s.largest - load(z, k) + log_sum);
    total += t;
  }
  if (dz != nullptr) {
    const float p = total / s.sum;
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, w * (fast::exp(load(z, k) - s.largest) * p - (y[k] * keep + shared)));
  }
  return loss;
}

/// Keras: r = p / sum p, q = clip(r), -sum y log q.
template <class T>
LEHR_SIMD float categorical_from_probabilities(const T* p, const float* y, T* dp, std::int64_t n, float smoothing, float w) {
  const float keep = 1 - smoothing, shared = smoothing / static_cast<float>(n);
  float sum = 0, loss = 0, dot = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < n; ++k) sum += load(p, k);
  const float inverse = 1 / sum;
#pragma omp simd reduction(+ : loss, dot)
  for (std::int64_t k = 0; k < n; ++k) {
    const float r = load(p, k) * inverse, q = clip(r), t = y[k] * keep + shared;
    loss -= t * fast::log(q);
    dot -= passes(r) * t / q * r;
  }
  if (dp != nullptr) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) {
      const float r = load(p, k) * inverse, t = y[k] * keep + shared;
      store(dp, k, w * inverse * (-passes(r) * t / clip(r) - dot));
    }
  }
  return loss;
}

// Losses that are means over columns of value(z, y), with d value / dz = slope(z, y).
struct BinaryFromLogits {
  float smoothing;
  float target(float y) const { return y * (1 - smoothing) + 0.5F * smoothing; }
  float value(float z, float y) const {
    const float a = z < 0 ? -z : z;
    return (z > 0 ? z : 0.0F) - z * target(y) + fast::log1p(fast::exp(-a)) + (z - z);
  }
  float slope(float z, float y) const { return fast::sigmoid(z) - target(y); }
};
struct BinaryFromProbabilities {
  float smoothing;
  float target(float y) const { return y * (1 - smoothing) + 0.5F * smoothing; }
  float value(float p, float y) const {
    const float q = clip(p), t = target(y);
    return -(t * fast::log(q) + (1 - t) * fast::log(1 - q));
  }
  float slope(float p, float y) const {
    const float q = clip(p), t = target(y);
    return passes(p) * ((1 - t) / (1 - q) - t / q);
  }
};
struct Squared {
  float value(float z, float y) const { return (z - y) * (z - y); }
  float slope(float z, float y) const { return 2 * (z - y); }
};
struct Absolute {
  float value(float z, float y) const { return z < y ? y - z : z - y; }
  float slope(float z, float y) const { return z < y ? -1.0F : (z > y ? 1.0F : z - y); }
};
struct Huber {
  float delta;
  float value(float z, float y) const {
    const float e = z < y ? y - z : z - y;
    return e <= delta ? 0.5F * e * e : delta * e - 0.5F * delta * delta;
  }
  float slope(float z, float y) const {
    const float e = z - y;
    return e < -delta ? -delta : (e > delta ? delta : e);
  }
};

template <class T, class F>
LEHR_SIMD float mean_over_columns(const T* z, const float* y, T* dz, std::int64_t n, float w, F f) {
  const float inverse = 1 / static_cast<float>(n);
  float loss = 0;
#pragma omp simd reduction(+ : loss)
  for (std::int64_t k = 0; k < n; ++k) loss += f.value(load(z, k), y[k]);
  if (dz != nullptr) {
    const float scale = w * inverse;
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, scale * f.slope(load(z, k), y[k]));
  }
  return loss * inverse;
}

/// The class that a row of float labels means: argmax, or the rounded number where there is one column.
std::int64_t class_of(const float* y, std::int64_t n) {
  if (n == 1) return static_cast<std::int64_t>(std::lround(std::clamp(y[0], -1.0F, 1e9F)));
  return std::max_element(y, y + n) - y;
}

template <class T>
class RowLoss final : public BatchLoss {
 public:
  RowLoss(const Cpu& cpu, const LossSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView z, ConstView labels, ConstView sample_weights, ConstView class_weights, View per_sample, View dz, Stream&) override {
    const std::int64_t n = spec_.classes;
    const bool sparse = spec_.kind == LossKind::sparse_categorical_crossentropy;
    const auto* of_sample = spec_.sample_weights ? sample_weights.as<float>() : nullptr;
    for_chunks(cpu_, spec_.rows, row_chunk(4 * n), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        T* d = dz ? dz.as<T>() + r * n : nullptr;
        const std::int64_t label = sparse ? std::int64_t{labels.as<std::int32_t>()[r]}
                                          : (spec_.class_weights ? class_of(labels.as<float>() + r * n, n) : std::int64_t{0});
        const float weight = (of_sample == nullptr ? 1.0F : of_sample[r]) * weight_of_class(class_weights, label);
        per_sample.as<float>()[r] = weight * row(z.as<T>() + r * n, sparse ? nullptr : labels.as<float>() + r * n, label, d, weight);
      }
    });
  }

 private:
  float weight_of_class(ConstView class_weights, std::int64_t label) const {
    if (!spec_.class_weights || class_weights.data == nullptr) return 1;
    return label >= 0 && label < static_cast<std::int64_t>(class_weights.count) ? class_weights.as<float>()[label] : not_a_number;
  }
  float row(const T* z, const float* y, std::int64_t label, T* dz, float weight) const {
    const std::int64_t n = spec_.classes;
    const float w = weight * spec_.gradient_scale, s = spec_.label_smoothing;
    switch (spec_.kind) {
      case LossKind::sparse_categorical_crossentropy:
        if (label < 0 || label >= n) {
          if (dz != nullptr) fill_row(dz, n, not_a_number);
          return not_a_number;
        }
        return spec_.from_logits ? sparse_from_logits(z, static_cast<std::int32_t>(label), dz, n, s, w)
                                 : sparse_from_probabilities(z, static_cast<std::int32_t>(label), dz, n, w);
      case LossKind::categorical_crossentropy:
        return spec_.from_logits ? categorical_from_logits(z, y, dz, n, s, w) : categorical_from_probabilities(z, y, dz, n, s, w);
      case LossKind::binary_crossentropy:
        return spec_.from_logits ? mean_over_columns(z, y, dz, n, w, BinaryFromLogits{s})
                                 : mean_over_columns(z, y, dz, n, w, BinaryFromProbabilities{s});
      case LossKind::mean_squared_error:
        return mean_over_columns(z, y, dz, n, w, Squared{});
      case LossKind::mean_absolute_error:
        return mean_over_columns(z, y, dz, n, w, Absolute{});
      default:
        return mean_over_columns(z, y, dz, n, w, Huber{spec_.delta});
    }
  }

  const Cpu& cpu_;
  LossSpec spec_;
};

}  // namespace

std::unique_ptr<BatchLoss> make_on(Cpu& cpu, const LossSpec& spec) {
  verify(spec);
  return with_float("loss", spec.dtype, [&]<class T>(T) -> std::unique_ptr<BatchLoss> { return std::make_unique<RowLoss<T>>(cpu, spec); });
}

}  // namespace lehr
