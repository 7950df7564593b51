// Batch normalization in three launches: sums down the columns by blocks of rows, numbers of each channel, then one pass over the elements.
// Sums are in double: a float32 and its square have no rounding there, so that variances hold where the mean is large.
#include "kernels/batch_norm.h"

#include "kernels/cuda/columns.cuh"

namespace lehr {
namespace {

template <class T, int n>
__global__ void moments_kernel(const T* x, double* partials, Columns columns) {
  device::sum_columns<n, 2>(columns, partials, [&](std::int64_t row, std::int64_t c, double(&sums)[2][n]) {
    float v[n];
    device::load<n>(x + row * columns.channels + c, v);
#pragma unroll
    for (int j = 0; j < n; ++j) {
      const auto wide = static_cast<double>(v[j]);
      sums[0][j] += wide;
      sums[1][j] += wide * wide;
    }
  });
}

struct Statistics {
  float *moving_mean, *moving_variance, *mean, *inv;
};
__global__ void statistics_kernel(const double* partials, Columns columns, Statistics to, BatchNormSpec s, const StepCounters* counters) {
  const std::int64_t c = device::first_element<1>();
  if (c >= s.channels) return;
  double variance = 0;
  if (s.training) {
    const auto rows = static_cast<double>(s.rows);
    const double mean = device::sum_of_partials(columns, partials, 0, c) / rows;
    variance = device::sum_of_partials(columns, partials, 1, c) / rows - mean * mean;
    variance = variance < 0 ? 0 : variance;
    to.mean[c] = static_cast<float>(mean);
    if (counters == nullptr || counters->stop == 0) {
      to.moving_mean[c] = to.moving_mean[c] * s.momentum + to.mean[c] * (1 - s.momentum);
      to.moving_variance[c] = to.moving_variance[c] * s.momentum + static_cast<float>(variance) * (1 - s.momentum);
    }
  } else {
    to.mean[c] = to.moving_mean[c];
    variance = static_cast<double>(to.moving_variance[c]);
  }
  to.inv[c] = static_cast<float>(1 / sqrt(variance + static_cast<double>(s.epsilon)));
}

/// A thread's elements: n channels of one row.
template <int n>
__device__ bool element_of(std::int64_t rows, std::int64_t channels, std::int64_t& at, std::int64_t& channel) {
  at = device::first_element<n>();
  channel = at % channels;
  return at < rows * channels;
}

template <class T, int n>
__global__ void normalize_kernel(const T* x, T* y, std::int64_t rows, std::int64_t channels, const float* mean, const float* inv,
                                 const float* gamma, const float* beta) {
  std::int64_t at = 0, c = 0;
  if (!element_of<n>(rows, channels, at, c)) return;
  float v[n];
  device::load<n>(x + at, v);
#pragma unroll
  for (int j = 0; j < n; ++j) {
    const float scale = gamma == nullptr ? inv[c + j] : inv[c + j] * gamma[c + j];
    v[j] = (v[j] - mean[c + j]) * scale + (beta == nullptr ? 0.0F : beta[c + j]);
  }
  device::store<n>(y + at, v);
}

template <class T, int n>
__global__ void gradient_sums_kernel(const T* x, const T* dy, const float* mean, double* partials, Columns columns) {
  device::sum_columns<n, 2>(columns, partials, [&](std::int64_t row, std::int64_t c, double(&sums)[2][n]) {
    const std::int64_t at = row * columns.channels + c;
    float v[n], d[n];
    device::load<n>(x + at, v);
    device::load<n>(dy + at, d);
#pragma unroll
    for (int j = 0; j < n; ++j) {
      sums[0][j] += static_cast<double>(d[j]);
      sums[1][j] += static_cast<double>(d[j]) * static_cast<double>(v[j] - mean[c + j]);
    }
  });
}

/// dx = scale * (dy - (a + (x - mean) * b)): a and b of each channel, 0 where the statistics were given.
__global__ void coefficients_kernel(const double* partials, Columns columns, const float* inv, float* d_gamma, float* d_beta, float* a,
                                    float* b, double share) {
  const std::int64_t c = device::first_element<1>();
  if (c >= columns.channels) return;
  const double sum_dy = device::sum_of_partials(columns, partials, 0, c), sum_dy_x = device::sum_of_partials(columns, partials, 1, c);
  const auto i = static_cast<double>(inv[c]);
  if (d_beta != nullptr) d_beta[c] = static_cast<float>(sum_dy);
  if (d_gamma != nullptr) d_gamma[c] = static_cast<float>(i * sum_dy_x);
  a[c] = static_cast<float>(share * sum_dy);
  b[c] = static_cast<float>(share * i * i * sum_dy_x);
}

template <class T, int n>
__global__ void input_gradient_kernel(const T* x, const T* dy, T* dx, std::int64_t rows, std::int64_t channels, const float* mean,
                                      const float* inv, const float* gamma, const float* a, const float* b) {
  std::int64_t at = 0, c = 0;
  if (!element_of<n>(rows, channels, at, c)) return;
  float v[n], d[n];
  device::load<n>(x + at, v);
  device::load<n>(dy + at, d);
#pragma unroll
  for (int j = 0; j < n; ++j) {
    const float scale = gamma == nullptr ? inv[c + j] : inv[c + j] * gamma[c + j];
    d[j] = scale * (d[j] - (a[c + j] + (v[j] - mean[c + j]) * b[c + j]));
  }
  device::store<n>(dx + at, d);
}

/// start(std::integral_constant<int, n>): a pack of channels a thread where rows are whole packs.
template <class T, class Start>
void in_packs(std::int64_t channels, const Start& start) {
  if (channels % device::pack_size<T> == 0)
    start(std::integral_constant<int, device::pack_size<T>>{});
  else
    start(std::integral_constant<int, 1>{});
}

template <class T>
class Forward final : public BatchNorm {
 public:
  explicit Forward(const BatchNormSpec& spec) : s_(spec), columns_(columns_for(spec.rows, spec.channels)) {}
  std::size_t workspace_bytes() const override { return s_.training ? 2 * columns_.partials() * sizeof(double) : 0; }
  void run(ConstView x, ConstView gamma, ConstView beta, View moving_mean, View moving_variance, View y, View saved_mean, View saved_inv,
           const StepCounters* counters, View workspace, Stream& stream) override {
    auto* partials = static_cast<double*>(workspace.data);
    in_packs<T>(s_.channels, [&]<int n>(std::integral_constant<int, n>) {
      if (s_.training) launch(moments_kernel<T, n>, column_grid(columns_, n), column_block(), 0, stream, x.as<T>(), partials, columns_);
      launch(statistics_kernel, blocks_for(s_.channels, 1, 64), 64, 0, stream, partials, columns_,
             Statistics{moving_mean.as<float>(), moving_variance.as<float>(), saved_mean.as<float>(), saved_inv.as<float>()}, s_, counters);
      launch(normalize_kernel<T, n>, blocks_for(s_.rows * s_.channels, n), block_threads, 0, stream, x.as<T>(), y.as<T>(), s_.rows,
             s_.channels, saved_mean.as<float>(), saved_inv.as<float>(), gamma.as<float>(), beta.as<float>());
    });
  }

 private:
  BatchNormSpec s_;
  Columns columns_;
};

template <class T>
class Backward final : public BatchNormBackward {
 public:
  explicit Backward(const BatchNormSpec& spec) : s_(spec), columns_(columns_for(spec.rows, spec.channels)) {}
  std::size_t workspace_bytes() const override {
    return 2 * columns_.partials() * sizeof(double) + 2 * static_cast<std::size_t>(s_.channels) * sizeof(float);
  }
  void run(ConstView x, ConstView dy, ConstView gamma, ConstView saved_mean, ConstView saved_inv, View dx, View d_gamma, View d_beta,
           View workspace, Stream& stream) override {
    auto* partials = static_cast<double*>(workspace.data);
    auto *a = reinterpret_cast<float*>(partials + 2 * columns_.partials()), *b = a + s_.channels;
    const auto *mean = saved_mean.as<float>(), *inv = saved_inv.as<float>();
    in_packs<T>(s_.channels, [&]<int n>(std::integral_constant<int, n>) {
      launch(gradient_sums_kernel<T, n>, column_grid(columns_, n), column_block(), 0, stream, x.as<T>(), dy.as<T>(), mean, partials,
             columns_);
      launch(coefficients_kernel, blocks_for(s_.channels, 1, 64), 64, 0, stream, partials, columns_, inv, d_gamma.as<float>(),
             d_beta.as<float>(), a, b, s_.training ? 1.0 / static_cast<double>(s_.rows) : 0.0);
      if (dx)
        launch(input_gradient_kernel<T, n>, blocks_for(s_.rows * s_.channels, n), block_threads, 0, stream, x.as<T>(), dy.as<T>(),
               dx.as<T>(), s_.rows, s_.channels, mean, inv, gamma.as<float>(), a, b);
    });
  }

 private:
  BatchNormSpec s_;
  Columns columns_;
};

}  // namespace

std::unique_ptr<BatchNorm> make_on(Cuda&, const BatchNormSpec& spec) {
  return with_float_on_cuda("batch normalization", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<BatchNorm> { return std::make_unique<Forward<T>>(spec); });
}
std::unique_ptr<BatchNormBackward> make_on(Cuda&, const BatchNormBackwardSpec& spec) {
  return with_float_on_cuda("batch normalization", spec.forward.dtype,
                            [&]<class T>(T) -> std::unique_ptr<BatchNormBackward> { return std::make_unique<Backward<T>>(spec.forward); });
}

}  // namespace lehr
