#include <vector>

#include "kernels/activation.h"
#include "kernels/activation_functions.h"
#include "kernels/cpu/columns.h"

namespace lehr {
namespace {

/// dz = dy * f'(y) over `n` elements, and its sums over rows of `width`. Four rows at a time, so that a sum is read and written once for
/// four elements.
template <class T, class F>
LEHR_SIMD void backward_and_sum(const T* y, const T* dy, T* dz, std::int64_t n, std::int64_t width, float* sums, F f) {
  for (std::int64_t i = 0; i < width; ++i) sums[i] = 0;
  std::int64_t at = 0;
  for (; at + 4 * width <= n; at += 4 * width) {
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) {
      const std::int64_t a = at + i, b = a + width, c = b + width, d = c + width;
      const float za = load(dy, a) * f.derivative(load(y, a)), zb = load(dy, b) * f.derivative(load(y, b));
      const float zc = load(dy, c) * f.derivative(load(y, c)), zd = load(dy, d) * f.derivative(load(y, d));
      store(dz, a, za);
      store(dz, b, zb);
      store(dz, c, zc);
      store(dz, d, zd);
      sums[i] += (za + zb) + (zc + zd);
    }
  }
  for (; at < n; at += width) {
    const std::int64_t length = std::min(width, n - at);
#pragma omp simd
    for (std::int64_t i = 0; i < length; ++i) {
      const float z = load(dy, at + i) * f.derivative(load(y, at + i));
      store(dz, at + i, z);
      sums[i] += z;
    }
  }
}

template <class T>
LEHR_SIMD void sum_only(const T* dy, std::int64_t n, std::int64_t width, float* sums) {
  for (std::int64_t i = 0; i < width; ++i) sums[i] = 0;
  std::int64_t at = 0;
  for (; at + 4 * width <= n; at += 4 * width) {
    const T *a = dy + at, *b = a + width, *c = b + width, *d = c + width;
#pragma omp simd
    for (std::int64_t i = 0; i < width; ++i) sums[i] += (load(a, i) + load(b, i)) + (load(c, i) + load(d, i));
  }
  for (; at < n; at += width) {
    const std::int64_t length = std::min(width, n - at);
#pragma omp simd
    for (std::int64_t i = 0; i < length; ++i) sums[i] += load(dy, at + i);
  }
}

template <class T, class F>
class WithBias final : public BiasActivationBackward {
 public:
  WithBias(const Cpu& cpu, const ActivationSpec& spec, F f) : cpu_(cpu), columns_(columns_of(spec.rows, spec.channels)), f_(f) {}
  std::size_t workspace_bytes() const override { return static_cast<std::size_t>(columns_.chunks * columns_.width()) * sizeof(float); }
  void run(ConstView y, ConstView dy, View dz, View d_bias, View workspace, Stream&) override {
    const std::int64_t c = columns_.channels, width = columns_.width();
    auto* partials = static_cast<float*>(workspace.data);
    const bool write = dz && !(std::is_same_v<F, activations::Linear> && dz.data == dy.data);
    for_chunks(cpu_, columns_.rows, columns_.rows_per_chunk, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      const T* v = y ? y.as<T>() : dy.as<T>();
      if (write)
        backward_and_sum(v + begin * c, dy.as<T>() + begin * c, dz.as<T>() + begin * c, (end - begin) * c, width, partials + chunk * width,
                         f_);
      else
        sum_only(dy.as<T>() + begin * c, (end - begin) * c, width, partials + chunk * width);
    });
    if (d_bias)
      sum_partials(columns_, partials, width, [out = d_bias.as<float>()](std::int64_t i, double sum) { out[i] = static_cast<float>(sum); });
  }

 private:
  const Cpu& cpu_;
  Columns columns_;
  F f_;
};

}  // namespace

std::unique_ptr<BiasActivationBackward> make_on(Cpu& cpu, const BiasActivationBackwardSpec& spec) {
  verify(spec);
  return with_float("activation", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<BiasActivationBackward> {
    return activations::with_function(spec.forward, [&]<class F>(F f) -> std::unique_ptr<BiasActivationBackward> {
      return std::make_unique<WithBias<T, F>>(cpu, spec.forward, f);
    });
  });
}

}  // namespace lehr
