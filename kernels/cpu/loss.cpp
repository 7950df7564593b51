#include "kernels/loss.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/element.h"
#include "kernels/loss_columns.h"

namespace lehr {
namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
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

template <class T>
LEHR_SIMD float sparse_from_logits(const T* z, std::int32_t label, T* dz, std::int64_t n, float smoothing, float w) {
  const Softmax s = softmax_of(z, n);
  const losses::SparseFromLogits f(smoothing, n, s.largest, s.sum, w);
  const float at = load(z, label);
  float below = 0;
  if (smoothing != 0) {
#pragma omp simd reduction(+ : below)
    for (std::int64_t k = 0; k < n; ++k) below += s.largest - load(z, k);
  }
  if (dz != nullptr) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, f.slope(load(z, k)));
    store(dz, label, f.slope_at_label(at));
  }
  return f.loss(s.largest - at, below);
}

template <class T>
LEHR_SIMD float sparse_from_probabilities(const T* p, std::int32_t label, T* dp, std::int64_t n, float w) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < n; ++k) sum += losses::clip(load(p, k));
  const losses::SparseFromProbabilities f(sum, w);
  const float at = load(p, label);
  if (dp != nullptr) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dp, k, f.slope(load(p, k)));
    store(dp, label, f.slope_at_label(at));
  }
  return f.loss(losses::clip(at));
}

template <class T>
LEHR_SIMD float categorical_from_logits(const T* z, const float* y, T* dz, std::int64_t n, float smoothing, float w) {
  const Softmax s = softmax_of(z, n);
  const losses::Smoothed target(smoothing, n);
  const losses::CategoricalFromLogits f{s.largest, std::log(s.sum)};
  float loss = 0, total = 0;
#pragma omp simd reduction(+ : loss, total)
  for (std::int64_t k = 0; k < n; ++k) {
    const float t = target(y[k]);
    loss += f.term(load(z, k), t);
    total += t;
  }
  if (dz != nullptr) {
    const float p = total / s.sum;
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, f.slope(load(z, k), target(y[k]), p, w));
  }
  return loss;
}

template <class T, class Shares, class F>
LEHR_SIMD float loss_of_shares(const T* z, const float* y, T* dz, std::int64_t n, float smoothing, float w, Shares shares, F f) {
  const losses::Smoothed target(smoothing, n);
  float loss = 0, dot = 0;
#pragma omp simd reduction(+ : loss, dot)
  for (std::int64_t k = 0; k < n; ++k) {
    const float t = target(y[k]), r = shares.share(load(z, k));
    loss += f.term(r, t);
    dot += f.slope(r, t) * r;
  }
  if (dz != nullptr) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) {
      const float r = shares.share(load(z, k));
      store(dz, k, w * shares.slope(f.slope(r, target(y[k])), r, dot));
    }
  }
  return loss;
}

template <class T>
LEHR_SIMD float sum_of(const T* p, std::int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < n; ++k) sum += load(p, k);
  return sum;
}

template <class T, class F>
float over_shares(const T* z, const float* y, T* dz, const LossSpec& s, float w, F f) {
  if (!s.from_logits) return loss_of_shares(z, y, dz, s.classes, s.label_smoothing, w, losses::SharesOfSum{1 / sum_of(z, s.classes)}, f);
  const Softmax softmax = softmax_of(z, s.classes);
  return loss_of_shares(z, y, dz, s.classes, s.label_smoothing, w, losses::SharesOfLogits{softmax.largest, 1 / softmax.sum}, f);
}

template <class T>
LEHR_SIMD float categorical_hinge(const T* z, const float* y, T* dz, std::int64_t n, float w) {
  using F = losses::CategoricalHinge;
  float neg = -std::numeric_limits<float>::infinity(), pos = 0, ties = 0;
#pragma omp simd reduction(max : neg) reduction(+ : pos)
  for (std::int64_t k = 0; k < n; ++k) {
    const float other = F::of_others(load(z, k), y[k]);
    neg = other > neg ? other : neg;
    pos += y[k] * load(z, k);
  }
#pragma omp simd reduction(+ : ties)
  for (std::int64_t k = 0; k < n; ++k) ties += F::of_others(load(z, k), y[k]) == neg ? 1.0F : 0.0F;
  const F f{neg, pos, ties};
  if (dz != nullptr) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, w * f.slope(load(z, k), y[k]));
  }
  return f.loss();
}

template <class T>
LEHR_SIMD float cosine_similarity(const T* z, const float* y, T* dz, std::int64_t n, float w) {
  float zz = 0, yy = 0, yz = 0;
#pragma omp simd reduction(+ : zz, yy, yz)
  for (std::int64_t k = 0; k < n; ++k) {
    const float v = load(z, k);
    zz += v * v;
    yy += y[k] * y[k];
    yz += y[k] * v;
  }
  const losses::CosineSimilarity f(zz, yy, yz);
  if (dz != nullptr) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, w * f.slope(load(z, k), y[k]));
  }
  return f.loss();
}

template <class T, class F>
LEHR_SIMD float over_columns(const T* z, const float* y, T* dz, std::int64_t n, float w, float share, F f) {
  // A sum of sums: where nothing is vectorized, 320 terms one after the other would be off by 13 units in the last place.
  constexpr std::int64_t together = 64;
  float loss = 0;
  for (std::int64_t begin = 0; begin < n; begin += together) {
    const std::int64_t end = std::min(begin + together, n);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (std::int64_t k = begin; k < end; ++k) part += f.value(load(z, k), y[k]);
    loss += part;
  }
  if (dz != nullptr) {
    const float scale = w * share;
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) store(dz, k, scale * f.slope(load(z, k), y[k]));
  }
  return loss * share;
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
        return spec_.from_logits ? categorical_from_logits(z, y, dz, n, s, w)
                                 : over_shares(z, y, dz, spec_, w, losses::CrossentropyOfShare{});
      case LossKind::categorical_focal_crossentropy:
        return over_shares(z, y, dz, spec_, w, losses::FocalOfShare{spec_.alpha, spec_.gamma});
      case LossKind::categorical_hinge:
        return categorical_hinge(z, y, dz, n, w);
      case LossKind::cosine_similarity:
        return cosine_similarity(z, y, dz, n, w);
      default:
        return losses::with_column_loss(spec_, [&](auto f, float share) { return over_columns(z, y, dz, n, w, share, f); });
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
