#include "kernels/group_norm.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

template <class T>
LEHR_SIMD double sum_of(const T* x, std::int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(load(x, i));
  return sum;
}
template <class T>
LEHR_SIMD double squares_of(const T* x, std::int64_t n, float mean) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) {
    const float d = load(x, i) - mean;
    sum += static_cast<double>(d) * static_cast<double>(d);
  }
  return sum;
}
template <class T>
LEHR_SIMD void normalize(const T* x, T* y, std::int64_t n, float mean, float inverse, const float* gamma, const float* beta) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    float v = (load(x, i) - mean) * inverse;
    v = gamma != nullptr ? v * gamma[i] : v;
    v = beta != nullptr ? v + beta[i] : v;
    store(y, i, v);
  }
}
/// sums of g and g*xhat
template <class T>
LEHR_SIMD void gradient_sums(const T* x, const T* dy, std::int64_t n, float mean, float inverse, const float* gamma, double& g_sum,
                             double& product) {
  double a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
  for (std::int64_t i = 0; i < n; ++i) {
    const float g = gamma != nullptr ? load(dy, i) * gamma[i] : load(dy, i);
    a += static_cast<double>(g);
    b += static_cast<double>(g) * static_cast<double>((load(x, i) - mean) * inverse);
  }
  g_sum += a;
  product += b;
}
template <class T>
LEHR_SIMD void input_gradient(const T* x, const T* dy, T* dx, std::int64_t n, float mean, float inverse, const float* gamma, float g_mean,
                              float product) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float g = gamma != nullptr ? load(dy, i) * gamma[i] : load(dy, i), xhat = (load(x, i) - mean) * inverse;
    store(dx, i, inverse * (g - g_mean - xhat * product));
  }
}
template <class T>
LEHR_SIMD void weight_sums(const T* x, const T* dy, std::int64_t n, float mean, float inverse, double* d_gamma, double* d_beta) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float g = load(dy, i);
    d_gamma[i] += static_cast<double>(g * ((load(x, i) - mean) * inverse));
    d_beta[i] += static_cast<double>(g);
  }
}

const float* floats(ConstView v) { return v ? v.as<float>() : nullptr; }

template <class T>
class CpuGroupNorm final : public GroupNorm {
 public:
  CpuGroupNorm(const Cpu& cpu, const GroupNormSpec& spec) : cpu_(cpu), s_(spec) {}
  void run(ConstView x, ConstView gamma, ConstView beta, View y, View mean, View inverse, Stream&) override {
    const std::int64_t width = s_.channels / s_.groups, count = s_.pixels * width;
    for_chunks(cpu_, s_.batch * s_.groups, row_chunk(count), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t at = (row / s_.groups * s_.pixels) * s_.channels + row % s_.groups * width, first = row % s_.groups * width;
        const T* in = x.as<T>() + at;
        T* out = y.as<T>() + at;
        double sum = 0, squares = 0;
        for (std::int64_t p = 0; p < s_.pixels; ++p) sum += sum_of(in + p * s_.channels, width);
        const auto mu = static_cast<float>(sum / static_cast<double>(count));
        for (std::int64_t p = 0; p < s_.pixels; ++p) squares += squares_of(in + p * s_.channels, width, mu);
        const auto inv = static_cast<float>(1 / std::sqrt(squares / static_cast<double>(count) + static_cast<double>(s_.epsilon)));
        mean.as<float>()[row] = mu;
        inverse.as<float>()[row] = inv;
        for (std::int64_t p = 0; p < s_.pixels; ++p)
          normalize(in + p * s_.channels, out + p * s_.channels, width, mu, inv, gamma ? floats(gamma) + first : nullptr,
                    beta ? floats(beta) + first : nullptr);
      }
    });
  }

 private:
  const Cpu& cpu_;
  GroupNormSpec s_;
};

template <class T>
class CpuGroupNormBackward final : public GroupNormBackward {
 public:
  CpuGroupNormBackward(const Cpu& cpu, const GroupNormSpec& spec)
      : cpu_(cpu), s_(spec), slices_(std::clamp<std::int64_t>(spec.batch * spec.pixels / 64, 1, 16)) {}
  std::size_t workspace_bytes() const override { return static_cast<std::size_t>(slices_ * 2 * s_.channels) * sizeof(double); }
  void run(ConstView x, ConstView dy, ConstView gamma, ConstView mean, ConstView inverse, View dx, View d_gamma, View d_beta,
           View workspace, Stream&) override {
    if (dx) input(x.as<T>(), dy.as<T>(), floats(gamma), mean.as<float>(), inverse.as<float>(), dx.as<T>());
    if (d_gamma || d_beta) weights(x.as<T>(), dy.as<T>(), mean.as<float>(), inverse.as<float>(), d_gamma, d_beta, workspace);
  }

 private:
  void input(const T* x, const T* dy, const float* gamma, const float* mean, const float* inverse, T* dx) const {
    const std::int64_t width = s_.channels / s_.groups, count = s_.pixels * width;
    for_chunks(cpu_, s_.batch * s_.groups, row_chunk(count), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t first = row % s_.groups * width, at = (row / s_.groups * s_.pixels) * s_.channels + first;
        const float* scale = gamma != nullptr ? gamma + first : nullptr;
        double sum = 0, product = 0;
        for (std::int64_t p = 0; p < s_.pixels; ++p)
          gradient_sums(x + at + p * s_.channels, dy + at + p * s_.channels, width, mean[row], inverse[row], scale, sum, product);
        const auto n = static_cast<double>(count);
        for (std::int64_t p = 0; p < s_.pixels; ++p)
          input_gradient(x + at + p * s_.channels, dy + at + p * s_.channels, dx + at + p * s_.channels, width, mean[row], inverse[row],
                         scale, static_cast<float>(sum / n), static_cast<float>(product / n));
      }
    });
  }
  void weights(const T* x, const T* dy, const float* mean, const float* inverse, View d_gamma, View d_beta, View workspace) const {
    const std::int64_t rows = s_.batch * s_.pixels, height = chunks_of(rows, slices_), width = s_.channels / s_.groups;
    auto* partial = reinterpret_cast<double*>(workspace.data);
    std::fill_n(partial, slices_ * 2 * s_.channels, 0.0);
    for_chunks(cpu_, slices_, 1, [&](std::int64_t slice, std::int64_t, std::int64_t) {
      double *gamma = partial + slice * 2 * s_.channels, *beta = gamma + s_.channels;
      for (std::int64_t row = slice * height; row < std::min((slice + 1) * height, rows); ++row)
        for (std::int64_t g = 0; g < s_.groups; ++g) {
          const std::int64_t at = row * s_.channels + g * width, of = row / s_.pixels * s_.groups + g;
          weight_sums(x + at, dy + at, width, mean[of], inverse[of], gamma + g * width, beta + g * width);
        }
    });
    for (std::int64_t c = 0; c < s_.channels; ++c) {
      double gamma = 0, beta = 0;
      for (std::int64_t slice = 0; slice < slices_; ++slice) {
        gamma += partial[slice * 2 * s_.channels + c];
        beta += partial[(slice * 2 + 1) * s_.channels + c];
      }
      if (d_gamma) d_gamma.as<float>()[c] = static_cast<float>(gamma);
      if (d_beta) d_beta.as<float>()[c] = static_cast<float>(beta);
    }
  }

  const Cpu& cpu_;
  GroupNormSpec s_;
  std::int64_t slices_;
};

}  // namespace

std::unique_ptr<GroupNorm> make_on(Cpu& cpu, const GroupNormSpec& spec) {
  verify(spec);
  return with_float("group normalization", spec.dtype,
                    [&]<class T>(T) -> std::unique_ptr<GroupNorm> { return std::make_unique<CpuGroupNorm<T>>(cpu, spec); });
}
std::unique_ptr<GroupNormBackward> make_on(Cpu& cpu, const GroupNormBackwardSpec& spec) {
  verify(spec.forward);
  return with_float("group normalization", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<GroupNormBackward> {
    return std::make_unique<CpuGroupNormBackward<T>>(cpu, spec.forward);
  });
}

}  // namespace lehr
