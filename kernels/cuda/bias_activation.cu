// dz = dy f'(y) and the bias gradient, its sums over rows, in one pass over y and dy.
#include "kernels/activation.h"
#include "kernels/activation_functions.h"
#include "kernels/cuda/columns.cuh"

namespace lehr {
namespace {

/// y empty: the derivative needs none. dz empty: only the sums are wanted.
template <class T, class F, int n>
__global__ void bias_backward_kernel(const T* y, const T* dy, T* dz, float* partials, Columns columns, F f) {
  device::sum_columns<n, 1>(columns, partials, [&](std::int64_t row, std::int64_t c, float(&sums)[1][n]) {
    const std::int64_t at = row * columns.channels + c;
    float d[n], v[n];
    device::load<n>(dy + at, d);
    device::load<n>((y == nullptr ? dy : y) + at, v);
#pragma unroll
    for (int j = 0; j < n; ++j) {
      d[j] *= f.derivative(v[j]);
      sums[0][j] += d[j];
    }
    if (dz != nullptr) device::store<n>(dz + at, d);
  });
}

__global__ void bias_sum_kernel(const float* partials, float* d_bias, Columns columns) {
  const std::int64_t c = device::first_element<1>();
  if (c < columns.channels) d_bias[c] = static_cast<float>(device::sum_of_partials(columns, partials, 0, c));
}

template <class T, class F>
class WithBias final : public BiasActivationBackward {
 public:
  WithBias(const ActivationSpec& spec, F f) : columns_(columns_for(spec.rows, spec.channels)), f_(f) {}
  std::size_t workspace_bytes() const override { return columns_.partials() * sizeof(float); }
  void run(ConstView y, ConstView dy, View dz, View d_bias, View workspace, Stream& stream) override {
    constexpr int pack = device::pack_size<T>;
    auto* partials = static_cast<float*>(workspace.data);
    if (columns_.channels % pack == 0 && aligned16(y.data) && aligned16(dy.data) && aligned16(dz.data))
      launch(bias_backward_kernel<T, F, pack>, column_grid(columns_, pack), column_block(), 0, stream, y.as<T>(), dy.as<T>(), dz.as<T>(),
             partials, columns_, f_);
    else
      launch(bias_backward_kernel<T, F, 1>, column_grid(columns_, 1), column_block(), 0, stream, y.as<T>(), dy.as<T>(), dz.as<T>(),
             partials, columns_, f_);
    if (d_bias) launch(bias_sum_kernel, blocks_for(columns_.channels, 1, 64), 64, 0, stream, partials, d_bias.as<float>(), columns_);
  }

 private:
  Columns columns_;
  F f_;
};

}  // namespace

std::unique_ptr<BiasActivationBackward> make_on(Cuda&, const BiasActivationBackwardSpec& spec) {
  verify(spec);
  return with_float_on_cuda("activation", spec.forward.dtype, [&]<class T>(T) -> std::unique_ptr<BiasActivationBackward> {
    return activations::with_function(spec.forward, [&]<class F>(F f) -> std::unique_ptr<BiasActivationBackward> {
      return std::make_unique<WithBias<T, F>>(spec.forward, f);
    });
  });
}

}  // namespace lehr
