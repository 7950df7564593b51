// Losses of a batch and their gradient in one pass: one warp a row. Each lane reads and writes its own classes only, so dz may be z.
#include "kernels/loss.h"

#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/make_kernel.h"
#include "kernels/loss_columns.h"

namespace lehr {
namespace {

using device::as_float;
using device::from_float;
using device::row_warps;

__device__ float warp_sum(float v) { return device::warp_reduce(v, device::Sum{}); }

/// A row as its warp sees it; every lane visits classes lane, lane+32, ...
template <class T>
struct Row {
  const T* z;
  T* dz;           ///< empty: no gradient
  std::int64_t n;  ///< classes
  float w;         ///< weight * gradient_scale

  template <class Visit>
  __device__ void each(const Visit& visit) const {
    for (std::int64_t k = threadIdx.x % 32; k < n; k += 32) visit(k, as_float(z[k]));
  }
  template <class Value>
  __device__ void gradient(const Value& value) const {
    if (dz != nullptr) each([&](std::int64_t k, float v) { dz[k] = from_float<T>(value(k, v)); });
  }
  __device__ float largest() const {
    float m = -std::numeric_limits<float>::infinity();
    each([&](std::int64_t, float v) { m = v > m ? v : m; });
    return device::warp_reduce(m, device::Max{});
  }
  __device__ float sum_of_exp(float m) const {
    float s = 0;
    each([&](std::int64_t, float v) { s += fast::exp(v - m); });
    return warp_sum(s);
  }
};

template <class T>
__device__ float sparse_from_logits(const Row<T>& row, std::int64_t label, float smoothing) {
  const float m = row.largest();
  const losses::SparseFromLogits f(smoothing, row.n, m, row.sum_of_exp(m), row.w);
  float right = 0, below = 0;
  row.each([&](std::int64_t k, float v) {
    below += m - v;
    if (k == label) right = m - v;
  });
  right = warp_sum(right);
  if (smoothing != 0) below = warp_sum(below);
  row.gradient([&](std::int64_t k, float v) { return k == label ? f.slope_at_label(v) : f.slope(v); });
  return f.loss(right, below);
}

template <class T>
__device__ float sparse_from_probabilities(const Row<T>& row, std::int64_t label) {
  float sum = 0, of_label = 0;
  row.each([&](std::int64_t k, float p) {
    sum += losses::clip(p);
    if (k == label) of_label = losses::clip(p);
  });
  const losses::SparseFromProbabilities f(warp_sum(sum), row.w);
  row.gradient([&](std::int64_t k, float p) { return k == label ? f.slope_at_label(p) : f.slope(p); });
  return f.loss(warp_sum(of_label));
}

template <class T>
__device__ float categorical_from_logits(const Row<T>& row, const float* y, float smoothing) {
  const float m = row.largest(), sum = row.sum_of_exp(m);
  const losses::Smoothed target(smoothing, row.n);
  const losses::CategoricalFromLogits f{m, std::log(sum)};
  float loss = 0, total = 0;
  row.each([&](std::int64_t k, float v) {
    const float t = target(y[k]);
    loss += f.term(v, t);
    total += t;
  });
  const float p = warp_sum(total) / sum;
  row.gradient([&](std::int64_t k, float v) { return f.slope(v, target(y[k]), p, row.w); });
  return warp_sum(loss);
}

template <class T, class Shares, class F>
__device__ float loss_of_shares(const Row<T>& row, const float* y, float smoothing, Shares shares, F f) {
  const losses::Smoothed target(smoothing, row.n);
  float loss = 0, dot = 0;
  row.each([&](std::int64_t k, float v) {
    const float t = target(y[k]), r = shares.share(v);
    loss += f.term(r, t);
    dot += f.slope(r, t) * r;
  });
  dot = warp_sum(dot);
  row.gradient([&](std::int64_t k, float v) {
    const float r = shares.share(v);
    return row.w * shares.slope(f.slope(r, target(y[k])), r, dot);
  });
  return warp_sum(loss);
}

template <class T, class F>
__device__ float over_shares(const Row<T>& row, const float* y, const LossSpec& s, F f) {
  if (s.from_logits) {
    const float m = row.largest();
    return loss_of_shares(row, y, s.label_smoothing, losses::SharesOfLogits{m, 1 / row.sum_of_exp(m)}, f);
  }
  float sum = 0;
  row.each([&](std::int64_t, float p) { sum += p; });
  return loss_of_shares(row, y, s.label_smoothing, losses::SharesOfSum{1 / warp_sum(sum)}, f);
}

template <class T>
__device__ float categorical_hinge(const Row<T>& row, const float* y) {
  using F = losses::CategoricalHinge;
  float neg = -std::numeric_limits<float>::infinity(), pos = 0, ties = 0;
  row.each([&](std::int64_t k, float z) {
    const float other = F::of_others(z, y[k]);
    neg = other > neg ? other : neg;
    pos += y[k] * z;
  });
  neg = device::warp_reduce(neg, device::Max{});
  row.each([&](std::int64_t k, float z) { ties += F::of_others(z, y[k]) == neg ? 1.0F : 0.0F; });
  const F f{neg, warp_sum(pos), warp_sum(ties)};
  row.gradient([&](std::int64_t k, float z) { return row.w * f.slope(z, y[k]); });
  return f.loss();
}

template <class T>
__device__ float cosine_similarity(const Row<T>& row, const float* y) {
  float zz = 0, yy = 0, yz = 0;
  row.each([&](std::int64_t k, float z) {
    zz += z * z;
    yy += y[k] * y[k];
    yz += y[k] * z;
  });
  const losses::CosineSimilarity f(warp_sum(zz), warp_sum(yy), warp_sum(yz));
  row.gradient([&](std::int64_t k, float z) { return row.w * f.slope(z, y[k]); });
  return f.loss();
}

template <class T, class F>
__device__ float over_columns(const Row<T>& row, const float* y, float share, F f) {
  const float scale = row.w * share;
  float loss = 0;
  row.each([&](std::int64_t k, float z) { loss += f.value(z, y[k]); });
  row.gradient([&](std::int64_t k, float z) { return scale * f.slope(z, y[k]); });
  return warp_sum(loss) * share;
}

/// The class that a row of float labels means: argmax, or the rounded number where there is one column.
__device__ std::int64_t class_of(const float* y, std::int64_t n) {
  if (n != 1) return device::largest_of_row(y, n).index;
  const float v = y[0] < -1.0F ? -1.0F : (y[0] > 1e9F ? 1e9F : y[0]);
  return static_cast<std::int64_t>(v < 0 ? v - 0.5F : v + 0.5F);
}

struct Labels {
  const std::int32_t* ids;
  const float *targets, *sample_weights, *class_weights;
  std::int64_t class_weight_count;
};

template <class T>
__device__ float loss_of(const Row<T>& row, std::int64_t label, const float* y, const LossSpec& s) {
  switch (s.kind) {
    case LossKind::sparse_categorical_crossentropy:
      return s.from_logits ? sparse_from_logits(row, label, s.label_smoothing) : sparse_from_probabilities(row, label);
    case LossKind::categorical_crossentropy:
      return s.from_logits ? categorical_from_logits(row, y, s.label_smoothing) : over_shares(row, y, s, losses::CrossentropyOfShare{});
    case LossKind::categorical_focal_crossentropy:
      return over_shares(row, y, s, losses::FocalOfShare{s.alpha, s.gamma});
    case LossKind::categorical_hinge:
      return categorical_hinge(row, y);
    case LossKind::cosine_similarity:
      return cosine_similarity(row, y);
    default:
      return losses::with_column_loss(s, [&](auto f, float share) { return over_columns(row, y, share, f); });
  }
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

template <class T>
__global__ void loss_kernel(const T* z, Labels labels, float* per_sample, T* dz, LossSpec s) {
  const std::int64_t r = device::row_of_warp(), n = s.classes;
  if (r >= s.rows) return;
  const bool sparse = s.kind == LossKind::sparse_categorical_crossentropy;
  const float* y = sparse ? nullptr : labels.targets + r * n;
  const std::int64_t label = sparse ? std::int64_t{labels.ids[r]} : (s.class_weights ? class_of(y, n) : 0);
  float weight = labels.sample_weights == nullptr ? 1 : labels.sample_weights[r];
  if (labels.class_weights != nullptr)
    weight *= label >= 0 && label < labels.class_weight_count ? labels.class_weights[label] : not_a_number;
  const Row<T> row{z + r * n, dz == nullptr ? nullptr : dz + r * n, n, weight * s.gradient_scale};
  float loss = not_a_number;
  if (sparse && (label < 0 || label >= n))
    row.gradient([](std::int64_t, float) { return not_a_number; });
  else
    loss = weight * loss_of(row, label, y, s);
  if (threadIdx.x % 32 == 0) per_sample[r] = loss;
}

template <class T>
class RowLoss final : public BatchLoss {
 public:
  explicit RowLoss(const LossSpec& spec) : spec_(spec) {}
  void run(ConstView z, ConstView labels, ConstView sample_weights, ConstView class_weights, View per_sample, View dz,
           Stream& stream) override {
    const bool sparse = spec_.kind == LossKind::sparse_categorical_crossentropy;
    const Labels given{.ids = sparse ? labels.as<std::int32_t>() : nullptr,
                       .targets = sparse ? nullptr : labels.as<float>(),
                       .sample_weights = spec_.sample_weights ? sample_weights.as<float>() : nullptr,
                       .class_weights = spec_.class_weights ? class_weights.as<float>() : nullptr,
                       .class_weight_count = static_cast<std::int64_t>(class_weights.count)};
    launch(loss_kernel<T>, blocks_for(spec_.rows, 1, row_warps), row_warps * 32, 0, stream, z.as<T>(), given, per_sample.as<float>(),
           dz.as<T>(), spec_);
  }

 private:
  LossSpec spec_;
};

}  // namespace

std::unique_ptr<BatchLoss> make_on(Cuda&, const LossSpec& spec) {
  verify(spec);
  return with_float_on_cuda("loss", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<BatchLoss> { return std::make_unique<RowLoss<T>>(spec); });
}

}  // namespace lehr
