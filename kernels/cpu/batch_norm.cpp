#include "kernels/batch_norm.h"

#include <cmath>

#include "kernels/cpu/element.h"

namespace lehr {

namespace {

// Two sums a channel over chunks of rows: partial sums in float32, [chunks][2][channels], then in double in chunk order.
std::int64_t rows_per_chunk(const BatchNormSpec& s) { return std::max(row_chunk(s.channels), chunks_of(s.rows, 256)); }
std::int64_t chunk_count(const BatchNormSpec& s) { return chunks_of(s.rows, rows_per_chunk(s)); }
std::size_t partial_bytes(const BatchNormSpec& s) { return static_cast<std::size_t>(chunk_count(s) * 2 * s.channels) * sizeof(float); }

struct TwoSums {
  double first = 0, second = 0;
};
TwoSums total(const BatchNormSpec& s, const float* partials, std::int64_t channel) {
  TwoSums sums;
  for (std::int64_t chunk = 0; chunk < chunk_count(s); ++chunk) {
    sums.first += static_cast<double>(partials[(2 * chunk) * s.channels + channel]);
    sums.second += static_cast<double>(partials[(2 * chunk + 1) * s.channels + channel]);
  }
  return sums;
}

template <class T>
class CpuBatchNorm final : public BatchNorm {
 public:
  CpuBatchNorm(const Cpu& cpu, const BatchNormSpec& spec) : cpu_(cpu), s_(spec) {}
  std::size_t workspace_bytes() const override { return s_.training ? partial_bytes(s_) : 0; }

  void run(ConstView x, ConstView gamma, ConstView beta, View moving_mean, View moving_variance, View y, View saved_mean, View saved_inv,
           View workspace, Stream&) override {
    const std::int64_t c = s_.channels;
    auto* mean = saved_mean.as<float>();
    auto* inv = saved_inv.as<float>();
    if (s_.training) {
      batch_mean(x.as<T>(), mean, static_cast<float*>(workspace.data));
      batch_variance(x.as<T>(), mean, inv, static_cast<float*>(workspace.data));
      for (std::int64_t k = 0; k < c; ++k) {
        float& mm = moving_mean.as<float>()[k];
        float& mv = moving_variance.as<float>()[k];
        mm = mm * s_.momentum + mean[k] * (1 - s_.momentum);
        mv = mv * s_.momentum + inv[k] * (1 - s_.momentum);
      }
    } else {
      for (std::int64_t k = 0; k < c; ++k) {
        mean[k] = moving_mean.as<float>()[k];
        inv[k] = moving_variance.as<float>()[k];
      }
    }
    for (std::int64_t k = 0; k < c; ++k) inv[k] = 1.0F / std::sqrt(inv[k] + s_.epsilon);
    normalize(x.as<T>(), gamma ? gamma.as<float>() : nullptr, beta ? beta.as<float>() : nullptr, mean, inv, y.as<T>());
  }

 private:
  void batch_mean(const T* x, float* mean, float* partials) {
    const std::int64_t c = s_.channels;
    for_chunks(cpu_, s_.rows, rows_per_chunk(s_), [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      float* sums = partials + 2 * chunk * c;
      std::fill(sums, sums + 2 * c, 0.0F);
      for (std::int64_t r = begin; r < end; ++r)
        for (std::int64_t k = 0; k < c; ++k) sums[k] += load(x + r * c, k);
    });
    for (std::int64_t k = 0; k < c; ++k) mean[k] = static_cast<float>(total(s_, partials, k).first / static_cast<double>(s_.rows));
  }
  // Second pass around the mean: no cancellation.
  void batch_variance(const T* x, const float* mean, float* variance, float* partials) {
    const std::int64_t c = s_.channels;
    for_chunks(cpu_, s_.rows, rows_per_chunk(s_), [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      float* sums = partials + 2 * chunk * c;
      std::fill(sums, sums + c, 0.0F);
      for (std::int64_t r = begin; r < end; ++r)
        for (std::int64_t k = 0; k < c; ++k) {
          const float d = load(x + r * c, k) - mean[k];
          sums[k] += d * d;
        }
    });
    for (std::int64_t k = 0; k < c; ++k) variance[k] = static_cast<float>(total(s_, partials, k).first / static_cast<double>(s_.rows));
  }
  void normalize(const T* x, const float* gamma, const float* beta, const float* mean, const float* inv, T* y) {
    const std::int64_t c = s_.channels;
    for_chunks(cpu_, s_.rows, row_chunk(c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        for (std::int64_t k = 0; k < c; ++k) {
          const float scale = inv[k] * (gamma != nullptr ? gamma[k] : 1.0F);
          store(y + r * c, k, load(x + r * c, k) * scale + ((beta != nullptr ? beta[k] : 0.0F) - mean[k] * scale));
        }
    });
  }
  const Cpu& cpu_;
  BatchNormSpec s_;
};

template <class T>
class CpuBatchNormBackward final : public BatchNormBackward {
 public:
  CpuBatchNormBackward(const Cpu& cpu, const BatchNormSpec& spec) : cpu_(cpu), s_(spec) {}
  std::size_t workspace_bytes() const override { return partial_bytes(s_) + static_cast<std::size_t>(2 * s_.channels) * sizeof(float); }

  void run(ConstView x, ConstView dy, ConstView gamma, ConstView saved_mean, ConstView saved_inv, View dx, View d_gamma, View d_beta,
           View workspace, Stream&) override {
    const std::int64_t c = s_.channels;
    auto* sum_dy_xhat = static_cast<float*>(workspace.data);
    float *sum_dy = sum_dy_xhat + c, *partials = sum_dy + c;
    const float *mean = saved_mean.as<float>(), *inv = saved_inv.as<float>();
    for_chunks(cpu_, s_.rows, rows_per_chunk(s_), [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      float *a = partials + 2 * chunk * c, *b = a + c;
      std::fill(a, a + 2 * c, 0.0F);
      for (std::int64_t r = begin; r < end; ++r)
        for (std::int64_t k = 0; k < c; ++k) {
          const float g = load(dy.as<T>() + r * c, k);
          a[k] += g * (load(x.as<T>() + r * c, k) - mean[k]) * inv[k];
          b[k] += g;
        }
    });
    for (std::int64_t k = 0; k < c; ++k) {
      const TwoSums sums = total(s_, partials, k);
      sum_dy_xhat[k] = static_cast<float>(sums.first);
      sum_dy[k] = static_cast<float>(sums.second);
      if (d_gamma) d_gamma.as<float>()[k] = sum_dy_xhat[k];
      if (d_beta) d_beta.as<float>()[k] = sum_dy[k];
    }
    if (!dx) return;
    const float share = s_.training ? 1.0F / static_cast<float>(s_.rows) : 0.0F;
    const float* scale = gamma ? gamma.as<float>() : nullptr;
    for_chunks(cpu_, s_.rows, row_chunk(c), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        for (std::int64_t k = 0; k < c; ++k) {
          const float xhat = (load(x.as<T>() + r * c, k) - mean[k]) * inv[k];
          store(
              dx.as<T>() + r * c, k,
              (scale != nullptr ? scale[k] : 1.0F) * inv[k] * (load(dy.as<T>() + r * c, k) - share * (sum_dy[k] + xhat * sum_dy_xhat[k])));
        }
    });
  }

 private:
  const Cpu& cpu_;
  BatchNormSpec s_;
};

}  // namespace

std::unique_ptr<BatchNorm> make_on(Cpu& cpu, const BatchNormSpec& spec) {
  return with_float("batch normalization", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<BatchNorm> { return std::make_unique<CpuBatchNorm<T>>(cpu, spec); });
}
std::unique_ptr<BatchNormBackward> make_on(Cpu& cpu, const BatchNormBackwardSpec& spec) {
  return with_float("batch normalization", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<BatchNormBackward> {
    return std::make_unique<CpuBatchNormBackward<T>>(cpu, spec.forward);
  });
}

}  // namespace lehr
