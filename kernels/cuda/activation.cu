// Activations by element and softmax by row: one warp a row, three passes over it, of which the later two read what the caches hold.
#include "kernels/activation.h"

#include "kernels/activation_functions.h"
#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

using device::as_float;
using device::first_element;
using device::from_float;
using device::pack_size;

template <class T, class F>
__global__ void forward_kernel(const T* x, T* y, std::int64_t count, F f) {
  constexpr int n = pack_size<T>;
  const std::int64_t i = first_element<n>();
  if (i >= count) return;
  float v[n];
  device::load<n>(x + i, v, count - i);
#pragma unroll
  for (int j = 0; j < n; ++j) v[j] = f(v[j]);
  device::store<n>(y + i, v, count - i);
}

/// of: the output or the input, whichever the derivative is a function of.
template <class T, class F>
__global__ void backward_kernel(const T* of, const T* dy, T* dx, std::int64_t count, F f) {
  constexpr int n = pack_size<T>;
  const std::int64_t i = first_element<n>();
  if (i >= count) return;
  float v[n], d[n];
  device::load<n>(of + i, v, count - i);
  device::load<n>(dy + i, d, count - i);
#pragma unroll
  for (int j = 0; j < n; ++j) d[j] *= f.derivative(v[j]);
  device::store<n>(dx + i, d, count - i);
}

template <class T, class F>
class ElementForward final : public ActivationForward {
 public:
  ElementForward(std::int64_t count, F f) : count_(count), f_(f) {}
  void run(ConstView x, View y, Stream& stream) override {
    launch(forward_kernel<T, F>, blocks_for(count_, pack_size<T>), block_threads, 0, stream, x.as<T>(), y.as<T>(), count_, f_);
  }

 private:
  std::int64_t count_;
  F f_;
};

template <class T, class F>
class ElementBackward final : public ActivationBackward {
 public:
  ElementBackward(std::int64_t count, bool from_output, F f) : count_(count), from_output_(from_output), f_(f) {}
  void run(ConstView x, ConstView y, ConstView dy, View dx, Stream& stream) override {
    const T* of = (from_output_ ? y : x).as<T>();
    if (of == nullptr) of = dy.as<T>();  // linear needs neither
    launch(backward_kernel<T, F>, blocks_for(count_, pack_size<T>), block_threads, 0, stream, of, dy.as<T>(), dx.as<T>(), count_, f_);
  }

 private:
  std::int64_t count_;
  bool from_output_;
  F f_;
};

constexpr unsigned row_warps = 4;  // a block: a row each

template <class T>
__global__ void softmax_kernel(const T* x, T* y, std::int64_t rows, std::int64_t channels, bool logarithm) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * row_warps + threadIdx.x / 32;
  if (row >= rows) return;
  x += row * channels;
  y += row * channels;
  const std::int64_t lane = threadIdx.x % 32;
  float largest = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = lane; i < channels; i += 32) largest = device::Max{}(largest, as_float(x[i]));
  largest = device::warp_reduce(largest, device::Max{});
  float sum = 0;
  for (std::int64_t i = lane; i < channels; i += 32) sum += fast::exp(as_float(x[i]) - largest);
  sum = device::warp_reduce(sum, device::Sum{});
  const float inverse = 1 / sum, log_of_sum = std::log(sum);
  for (std::int64_t i = lane; i < channels; i += 32) {
    const float v = as_float(x[i]) - largest;
    y[i] = from_float<T>(logarithm ? v - log_of_sum : fast::exp(v) * inverse);
  }
}

/// softmax: dx = y * (dy - sum y dy);  log_softmax: dx = dy - e^y sum dy.
template <class T>
__global__ void softmax_backward_kernel(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t channels, bool logarithm) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * row_warps + threadIdx.x / 32;
  if (row >= rows) return;
  y += row * channels;
  dy += row * channels;
  dx += row * channels;
  const std::int64_t lane = threadIdx.x % 32;
  float sum = 0;
  for (std::int64_t i = lane; i < channels; i += 32) sum += as_float(dy[i]) * (logarithm ? 1.0F : as_float(y[i]));
  sum = device::warp_reduce(sum, device::Sum{});
  for (std::int64_t i = lane; i < channels; i += 32) {
    const float d = as_float(dy[i]), v = as_float(y[i]);
    dx[i] = from_float<T>(logarithm ? d - fast::exp(v) * sum : v * (d - sum));
  }
}

template <class T>
class SoftmaxForward final : public ActivationForward {
 public:
  explicit SoftmaxForward(const ActivationSpec& spec) : spec_(spec) {}
  void run(ConstView x, View y, Stream& stream) override {
    launch(softmax_kernel<T>, blocks_for(spec_.rows, 1, row_warps), row_warps * 32, 0, stream, x.as<T>(), y.as<T>(), spec_.rows,
           spec_.channels, spec_.activation == Activation::log_softmax);
  }

 private:
  ActivationSpec spec_;
};

template <class T>
class SoftmaxBackward final : public ActivationBackward {
 public:
  explicit SoftmaxBackward(const ActivationSpec& spec) : spec_(spec) {}
  void run(ConstView, ConstView y, ConstView dy, View dx, Stream& stream) override {
    launch(softmax_backward_kernel<T>, blocks_for(spec_.rows, 1, row_warps), row_warps * 32, 0, stream, y.as<T>(), dy.as<T>(), dx.as<T>(),
           spec_.rows, spec_.channels, spec_.activation == Activation::log_softmax);
  }

 private:
  ActivationSpec spec_;
};

bool over_rows(Activation a) { return a == Activation::softmax || a == Activation::log_softmax; }

}  // namespace

std::unique_ptr<ActivationForward> make_on(Cuda&, const ActivationSpec& spec) {
  verify(spec);
  return with_float_on_cuda("activation", spec.dtype, [&]<class T>(T) -> std::unique_ptr<ActivationForward> {
    if (over_rows(spec.activation)) return std::make_unique<SoftmaxForward<T>>(spec);
    return activations::with_function(spec, [&]<class F>(F f) -> std::unique_ptr<ActivationForward> {
      return std::make_unique<ElementForward<T, F>>(spec.rows * spec.channels, f);
    });
  });
}

std::unique_ptr<ActivationBackward> make_on(Cuda&, const ActivationBackwardSpec& backward) {
  const ActivationSpec& spec = backward.forward;
  verify(spec);
  return with_float_on_cuda("activation", spec.dtype, [&]<class T>(T) -> std::unique_ptr<ActivationBackward> {
    if (over_rows(spec.activation)) return std::make_unique<SoftmaxBackward<T>>(spec);
    return activations::with_function(spec, [&]<class F>(F f) -> std::unique_ptr<ActivationBackward> {
      return std::make_unique<ElementBackward<T, F>>(spec.rows * spec.channels, gradient_from_output(spec.activation), f);
    });
  });
}

}  // namespace lehr
