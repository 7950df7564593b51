// Layer and group normalization: a block takes one group of one sample, its threads the elements in turn. The mean comes first, then the
// squares of what is left, so that variances hold where the mean is large. Gradients of gamma and beta are sums down the columns.
#include "kernels/group_norm.h"

#include <algorithm>

#include "kernels/cuda/columns.cuh"
#include "kernels/cuda/device/reduce.cuh"

namespace lehr {
namespace {

/// The elements of a group: [pixels, width] within [pixels, channels].
struct Group {
  std::int64_t first, channel;  ///< of its first element
  std::int64_t width, count, channels;
  __device__ std::int64_t place(std::int64_t i) const { return first + i / width * channels + i % width; }
  __device__ std::int64_t channel_of(std::int64_t i) const { return channel + i % width; }
};
__device__ Group group_of_block(const GroupNormSpec& s) {
  const std::int64_t width = s.channels / s.groups, sample = blockIdx.x / s.groups, channel = blockIdx.x % s.groups * width;
  return {sample * s.pixels * s.channels + channel, channel, width, s.pixels * width, s.channels};
}

template <class T>
__global__ void normalize_kernel(GroupNormSpec s, const T* x, const float* gamma, const float* beta, T* y, float* mean, float* inverse) {
  const Group group = group_of_block(s);
  const auto n = static_cast<double>(group.count);
  double sum = 0, squares = 0;
  for (std::int64_t i = threadIdx.x; i < group.count; i += blockDim.x) sum += static_cast<double>(device::as_float(x[group.place(i)]));
  const auto mu = static_cast<float>(device::block_reduce(sum, device::Sum{}) / n);
  for (std::int64_t i = threadIdx.x; i < group.count; i += blockDim.x) {
    const auto d = static_cast<double>(device::as_float(x[group.place(i)]) - mu);
    squares += d * d;
  }
  const double variance = device::block_reduce(squares, device::Sum{}) / n;
  const auto inv = static_cast<float>(1 / sqrt(variance + static_cast<double>(s.epsilon)));
  if (threadIdx.x == 0) {
    mean[blockIdx.x] = mu;
    inverse[blockIdx.x] = inv;
  }
  for (std::int64_t i = threadIdx.x; i < group.count; i += blockDim.x) {
    const std::int64_t at = group.place(i), c = group.channel_of(i);
    float v = (device::as_float(x[at]) - mu) * inv;
    if (gamma != nullptr) v *= gamma[c];
    if (beta != nullptr) v += beta[c];
    y[at] = device::from_float<T>(v);
  }
}

template <class T>
__global__ void input_gradient_kernel(GroupNormSpec s, const T* x, const T* dy, const float* gamma, const float* mean, const float* inverse,
                                      T* dx) {
  const Group group = group_of_block(s);
  const float mu = mean[blockIdx.x], inv = inverse[blockIdx.x];
  const auto gradient = [&](std::int64_t i, std::int64_t at) {
    const float d = device::as_float(dy[at]);
    return gamma == nullptr ? d : d * gamma[group.channel_of(i)];
  };
  double sum = 0, product = 0;
  for (std::int64_t i = threadIdx.x; i < group.count; i += blockDim.x) {
    const std::int64_t at = group.place(i);
    const auto g = static_cast<double>(gradient(i, at));
    sum += g;
    product += g * static_cast<double>((device::as_float(x[at]) - mu) * inv);
  }
  const auto n = static_cast<double>(group.count);
  const auto g_mean = static_cast<float>(device::block_reduce(sum, device::Sum{}) / n),
             p_mean = static_cast<float>(device::block_reduce(product, device::Sum{}) / n);
  for (std::int64_t i = threadIdx.x; i < group.count; i += blockDim.x) {
    const std::int64_t at = group.place(i);
    const float xhat = (device::as_float(x[at]) - mu) * inv;
    dx[at] = device::from_float<T>(inv * (gradient(i, at) - g_mean - xhat * p_mean));
  }
}

template <class T>
__global__ void weight_sums_kernel(GroupNormSpec s, const T* x, const T* dy, const float* mean, const float* inverse, double* partials,
                                   Columns columns) {
  const std::int64_t width = s.channels / s.groups;
  device::sum_columns<1, 2>(columns, partials, [&](std::int64_t row, std::int64_t c, double(&sums)[2][1]) {
    const std::int64_t at = row * s.channels + c, group = row / s.pixels * s.groups + c / width;
    const float g = device::as_float(dy[at]);
    sums[0][0] += static_cast<double>(g * ((device::as_float(x[at]) - mean[group]) * inverse[group]));
    sums[1][0] += static_cast<double>(g);
  });
}
__global__ void weight_gradients_kernel(const double* partials, Columns columns, float* d_gamma, float* d_beta) {
  const std::int64_t c = device::first_element<1>();
  if (c >= columns.channels) return;
  if (d_gamma != nullptr) d_gamma[c] = static_cast<float>(device::sum_of_partials(columns, partials, 0, c));
  if (d_beta != nullptr) d_beta[c] = static_cast<float>(device::sum_of_partials(columns, partials, 1, c));
}

/// Whole warps, about four elements a thread.
unsigned threads_for(const GroupNormSpec& s) {
  const std::int64_t count = s.pixels * (s.channels / s.groups);
  return static_cast<unsigned>(std::clamp<std::int64_t>((count + 127) / 128, 1, block_threads / 32)) * 32;
}

template <class T>
class Forward final : public GroupNorm {
 public:
  explicit Forward(const GroupNormSpec& spec) : s_(spec) {}
  void run(ConstView x, ConstView gamma, ConstView beta, View y, View mean, View inverse, Stream& stream) override {
    launch(normalize_kernel<T>, static_cast<unsigned>(s_.batch * s_.groups), threads_for(s_), 0, stream, s_, x.as<T>(), gamma.as<float>(),
           beta.as<float>(), y.as<T>(), mean.as<float>(), inverse.as<float>());
  }

 private:
  GroupNormSpec s_;
};

template <class T>
class Backward final : public GroupNormBackward {
 public:
  explicit Backward(const GroupNormSpec& spec) : s_(spec), columns_(columns_for(spec.batch * spec.pixels, spec.channels)) {}
  std::size_t workspace_bytes() const override { return 2 * columns_.partials() * sizeof(double); }
  void run(ConstView x, ConstView dy, ConstView gamma, ConstView mean, ConstView inverse, View dx, View d_gamma, View d_beta,
           View workspace, Stream& stream) override {
    const auto *mu = mean.as<float>(), *inv = inverse.as<float>();
    if (dx)
      launch(input_gradient_kernel<T>, static_cast<unsigned>(s_.batch * s_.groups), threads_for(s_), 0, stream, s_, x.as<T>(), dy.as<T>(),
             gamma.as<float>(), mu, inv, dx.as<T>());
    if (!d_gamma && !d_beta) return;
    auto* partials = static_cast<double*>(workspace.data);
    launch(weight_sums_kernel<T>, column_grid(columns_, 1), column_block(), 0, stream, s_, x.as<T>(), dy.as<T>(), mu, inv, partials,
           columns_);
    launch(weight_gradients_kernel, blocks_for(s_.channels, 1, 64), 64, 0, stream, partials, columns_, d_gamma.as<float>(),
           d_beta.as<float>());
  }

 private:
  GroupNormSpec s_;
  Columns columns_;
};

}  // namespace

std::unique_ptr<GroupNorm> make_on(Cuda&, const GroupNormSpec& spec) {
  verify(spec);
  return with_float_on_cuda("group normalization", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<GroupNorm> { return std::make_unique<Forward<T>>(spec); });
}

std::unique_ptr<GroupNormBackward> make_on(Cuda&, const GroupNormBackwardSpec& spec) {
  verify(spec.forward);
  return with_float_on_cuda("group normalization", spec.forward.dtype,
                            [&]<class T>(T) -> std::unique_ptr<GroupNormBackward> { return std::make_unique<Backward<T>>(spec.forward); });
}

}  // namespace lehr
