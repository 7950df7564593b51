#include "kernels/batch_norm.h"

#include <cmath>

#include "kernels/cpu/columns.h"

namespace lehr {
namespace {

/// Scratch: two doubles a column and chunk, then numbers a column in float32.
struct Scratch {
  double* partials;
  float* columns;
  Scratch(const Columns& c, View workspace)
      : partials(static_cast<double*>(workspace.data)), columns(reinterpret_cast<float*>(partials + 2 * c.chunks * c.width())) {}
  static std::size_t bytes(const Columns& c, std::int64_t numbers) {
    return static_cast<std::size_t>(c.width()) * (static_cast<std::size_t>(2 * c.chunks) * sizeof(double) + numbers * sizeof(float));
  }
};

/// Mean and sum of squared deviations from it, of every column of `n` elements in rows of `width`. The second pass finds them in the cache
/// and works around the first one's mean, so nothing cancels.
template <class T>
LEHR_SIMD void column_moments(const T* x, std::int64_t n, std::int64_t width, double* means, double* squares) {
  constexpr std::int64_t block = 128;
  for (std::int64_t k0 = 0; k0 < std::min(n, width); k0 += block) {
    const std::int64_t length = std::min(block, width - k0);
    const auto rows = [&](std::int64_t k) -> double {
      const std::int64_t whole = (n - k0 - k + width - 1) / width;
      return static_cast<double>(whole);
    };
    double sums[block], squared[block];
    float shift[block];
    const T* v = x + k0;
    column_sums(n - k0, length, width, {sums}, [v](std::int64_t i, std::int64_t) { return load(v, i); });
    for (std::int64_t k = 0; k < length; ++k) shift[k] = rows(k) > 0 ? static_cast<float>(sums[k] / rows(k)) : 0;
    const float* around = shift;
    column_sums(
        n - k0, length, width, {sums, squared}, [v, around](std::int64_t i, std::int64_t k) { return load(v, i) - around[k]; },
        [v, around](std::int64_t i, std::int64_t k) { return (load(v, i) - around[k]) * (load(v, i) - around[k]); });
    for (std::int64_t k = 0; k < length; ++k) {
      const double mean = rows(k) > 0 ? sums[k] / rows(k) : 0;
      means[k0 + k] = static_cast<double>(shift[k]) + mean;
      squares[k0 + k] = squared[k] - sums[k] * mean;
    }
  }
}

/// y = (x - mean) * scale + offset
template <class T>
LEHR_SIMD void normalize(const T* x, T* y, std::int64_t n, std::int64_t width, const float* mean, const float* scale, const float* offset) {
  for (std::int64_t at = 0; at < n; at += width) {
    const std::int64_t length = std::min(width, n - at);
#pragma omp simd
    for (std::int64_t k = 0; k < length; ++k) store(y, at + k, (load(x, at + k) - mean[k]) * scale[k] + offset[k]);
  }
}

template <class T>
class CpuBatchNorm final : public BatchNorm {
 public:
  CpuBatchNorm(const Cpu& cpu, const BatchNormSpec& spec) : cpu_(cpu), s_(spec), columns_(columns_of(spec.rows, spec.channels)) {}
  std::size_t workspace_bytes() const override { return Scratch::bytes(columns_, 3); }

  void run(ConstView x, ConstView gamma, ConstView beta, View moving_mean, View moving_variance, View y, View saved_mean, View saved_inv,
           const StepCounters* counters, View workspace, Stream&) override {
    const Scratch scratch(columns_, workspace);
    auto *mean = saved_mean.as<float>(), *inv = saved_inv.as<float>();
    auto *running_mean = moving_mean.as<float>(), *running_variance = moving_variance.as<float>();
    const bool moves = counters == nullptr || counters->stop == 0;
    if (s_.training) batch_moments(x.as<T>(), scratch.partials);
    for (std::int64_t c = 0; c < s_.channels; ++c) {
      double variance = 0;
      if (s_.training) {
        const Moments m = moments_of(scratch.partials, c);
        mean[c] = static_cast<float>(m.mean);
        variance = m.variance;
        if (moves) {
          running_mean[c] = running_mean[c] * s_.momentum + mean[c] * (1 - s_.momentum);
          running_variance[c] = running_variance[c] * s_.momentum + static_cast<float>(variance) * (1 - s_.momentum);
        }
      } else {
        mean[c] = running_mean[c];
        variance = static_cast<double>(running_variance[c]);
      }
      inv[c] = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(s_.epsilon)));
    }
    const std::int64_t width = columns_.width();
    float *means = scratch.columns, *scales = means + width, *offsets = scales + width;
    tile(columns_, means, [&](std::int64_t c) { return mean[c]; });
    tile(columns_, scales, [&](std::int64_t c) { return gamma ? inv[c] * gamma.as<float>()[c] : inv[c]; });
    tile(columns_, offsets, [&](std::int64_t c) { return beta ? beta.as<float>()[c] : 0.0F; });
    for_chunks(cpu_, s_.rows, columns_.rows_per_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      normalize(x.as<T>() + begin * s_.channels, y.as<T>() + begin * s_.channels, (end - begin) * s_.channels, width, means, scales,
                offsets);
    });
  }

 private:
  struct Moments {
    double mean = 0, variance = 0;
  };
  void batch_moments(const T* x, double* partials) const {
    const std::int64_t width = columns_.width();
    for_chunks(cpu_, s_.rows, columns_.rows_per_chunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      double* means = partials + 2 * chunk * width;
      column_moments(x + begin * s_.channels, (end - begin) * s_.channels, width, means, means + width);
    });
  }
  /// Of all columns of a channel over all chunks, in this order: n_i rows with mean_i and squares_i give
  /// mean = sum n_i mean_i / n, variance = sum (squares_i + n_i (mean_i - mean)^2) / n.
  Moments moments_of(const double* partials, std::int64_t channel) const {
    const std::int64_t width = columns_.width();
    const auto for_columns = [&](const auto& visit) {
      for (std::int64_t chunk = 0; chunk < columns_.chunks; ++chunk) {
        const std::int64_t rows = std::min(columns_.rows_per_chunk, s_.rows - chunk * columns_.rows_per_chunk);
        for (std::int64_t f = 0; f < std::min(columns_.fold, rows); ++f) {
          const double* p = partials + 2 * chunk * width + f * columns_.channels + channel;
          visit(static_cast<double>(chunks_of(rows - f, columns_.fold)), p[0], p[width]);
        }
      }
    };
    Moments m;
    const auto n = static_cast<double>(s_.rows);
    for_columns([&](double rows, double mean, double) { m.mean += rows * mean; });
    m.mean /= n;
    for_columns([&](double rows, double mean, double squares) { m.variance += squares + rows * (mean - m.mean) * (mean - m.mean); });
    m.variance = std::max(0.0, m.variance / n);
    return m;
  }

  const Cpu& cpu_;
  BatchNormSpec s_;
  Columns columns_;
};

/// Sums of dy and of dy * (x - mean) down every column.
template <class T>
LEHR_SIMD void gradient_sums(const T* x, const T* dy, std::int64_t n, std::int64_t width, const float* mean, double* sum_dy,
                             double* sum_dy_x) {
  column_sums(
      n, width, width, {sum_dy, sum_dy_x}, [dy](std::int64_t i, std::int64_t) { return load(dy, i); },
      [x, dy, mean](std::int64_t i, std::int64_t k) { return load(dy, i) * (load(x, i) - mean[k]); });
}

/// dx = scale * (dy - (a + (x - mean) * b))
template <class T>
LEHR_SIMD void input_gradient(const T* x, const T* dy, T* dx, std::int64_t n, std::int64_t width, const float* mean, const float* scale,
                              const float* a, const float* b) {
  for (std::int64_t at = 0; at < n; at += width) {
    const std::int64_t length = std::min(width, n - at);
#pragma omp simd
    for (std::int64_t k = 0; k < length; ++k)
      store(dx, at + k, scale[k] * (load(dy, at + k) - (a[k] + (load(x, at + k) - mean[k]) * b[k])));
  }
}

template <class T>
class CpuBatchNormBackward final : public BatchNormBackward {
 public:
  CpuBatchNormBackward(const Cpu& cpu, const BatchNormSpec& spec) : cpu_(cpu), s_(spec), columns_(columns_of(spec.rows, spec.channels)) {}
  std::size_t workspace_bytes() const override { return Scratch::bytes(columns_, 4); }

  void run(ConstView x, ConstView dy, ConstView gamma, ConstView saved_mean, ConstView saved_inv, View dx, View d_gamma, View d_beta,
           View workspace, Stream&) override {
    const Scratch scratch(columns_, workspace);
    const std::int64_t channels = s_.channels, width = columns_.width();
    const auto *mean = saved_mean.as<float>(), *inv = saved_inv.as<float>();
    float *means = scratch.columns, *scales = means + width, *a = scales + width, *b = a + width;
    tile(columns_, means, [&](std::int64_t c) { return mean[c]; });
    for_chunks(cpu_, s_.rows, columns_.rows_per_chunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      double* sums = scratch.partials + 2 * chunk * width;
      gradient_sums(x.as<T>() + begin * channels, dy.as<T>() + begin * channels, (end - begin) * channels, width, means, sums,
                    sums + width);
    });
    const double share = s_.training ? 1.0 / static_cast<double>(s_.rows) : 0;
    sum_partials(columns_, scratch.partials, 2 * width, [&](std::int64_t c, double sum_dy) {
      if (d_beta) d_beta.as<float>()[c] = static_cast<float>(sum_dy);
      a[c] = static_cast<float>(share * sum_dy);
    });
    sum_partials(columns_, scratch.partials + width, 2 * width, [&](std::int64_t c, double sum_dy_x) {
      const auto i = static_cast<double>(inv[c]);
      if (d_gamma) d_gamma.as<float>()[c] = static_cast<float>(i * sum_dy_x);
      b[c] = static_cast<float>(share * i * i * sum_dy_x);
    });
    if (!dx) return;
    tile(columns_, scales, [&](std::int64_t c) { return gamma ? gamma.as<float>()[c] * inv[c] : inv[c]; });
    tile(columns_, a, [&](std::int64_t c) { return a[c]; });
    tile(columns_, b, [&](std::int64_t c) { return b[c]; });
    for_chunks(cpu_, s_.rows, columns_.rows_per_chunk, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      input_gradient(x.as<T>() + begin * channels, dy.as<T>() + begin * channels, dx.as<T>() + begin * channels, (end - begin) * channels,
                     width, means, scales, a, b);
    });
  }

 private:
  const Cpu& cpu_;
  BatchNormSpec s_;
  Columns columns_;
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
