#include "kernels/activation.h"

#include "kernels/activation_functions.h"
#include "kernels/cpu/element.h"

namespace lehr {
namespace {

template <class T, class F>
LEHR_SIMD void forward_loop(const T* x, T* y, std::int64_t n, F f) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(y, i, f(load(x, i)));
}

/// v: the output or the input, whichever the derivative is a function of.
template <class T, class F>
LEHR_SIMD void backward_loop(const T* v, const T* dy, T* dx, std::int64_t n, F f) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) store(dx, i, load(dy, i) * f.derivative(load(v, i)));
}

template <class T, class F>
class ElementForward final : public ActivationForward {
 public:
  ElementForward(const Cpu& cpu, std::int64_t count, F f) : cpu_(cpu), count_(count), f_(f) {}
  void run(ConstView x, View y, Stream&) override {
    for_chunks(cpu_, count_, element_chunk, [from = x.as<T>(), to = y.as<T>(), f = f_](std::int64_t, std::int64_t begin, std::int64_t end) {
      forward_loop(from + begin, to + begin, end - begin, f);
    });
  }

 private:
  const Cpu& cpu_;
  std::int64_t count_;
  F f_;
};

template <class T, class F>
class ElementBackward final : public ActivationBackward {
 public:
  ElementBackward(const Cpu& cpu, std::int64_t count, bool from_output, F f) : cpu_(cpu), count_(count), from_output_(from_output), f_(f) {}
  void run(ConstView x, ConstView y, ConstView dy, View dx, Stream&) override {
    const T* v = (from_output_ ? y : x).as<T>();
    if (v == nullptr) v = dy.as<T>();  // linear needs neither
    for_chunks(cpu_, count_, element_chunk,
               [v, d = dy.as<T>(), to = dx.as<T>(), f = f_](std::int64_t, std::int64_t begin, std::int64_t end) {
                 backward_loop(v + begin, d + begin, to + begin, end - begin, f);
               });
  }

 private:
  const Cpu& cpu_;
  std::int64_t count_;
  bool from_output_;
  F f_;
};

template <class T>
float row_max(const T* x, std::int64_t n) {
  float m = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : m)
  for (std::int64_t i = 0; i < n; ++i) {
    const float v = load(x, i);
    m = v > m ? v : m;
  }
  return m;
}
template <class T>
float row_sum_exp(const T* x, std::int64_t n, float m) {
  float s = 0;
#pragma omp simd reduction(+ : s)
  for (std::int64_t i = 0; i < n; ++i) s += fast::exp(load(x, i) - m);
  return s;
}

template <class T>
LEHR_SIMD void softmax_rows(const T* x, T* y, std::int64_t rows, std::int64_t n, bool logarithm) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const float m = row_max(x, n), s = row_sum_exp(x, n, m);
    const float inverse = 1 / s, log_s = std::log(s);
    if (logarithm) {  // NOLINT(bugprone-branch-clone): clang drops what is under the pragmas
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) store(y, i, load(x, i) - m - log_s);
    } else {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) store(y, i, fast::exp(load(x, i) - m) * inverse);
    }
  }
}

/// softmax: dx = y * (dy - sum y dy);  log_softmax: dx = dy - e^y sum dy.
template <class T>
LEHR_SIMD void softmax_rows_backward(const T* y, const T* dy, T* dx, std::int64_t rows, std::int64_t n, bool logarithm) {
  for (std::int64_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
    float s = 0;
    if (logarithm) {  // NOLINT(bugprone-branch-clone): the same
#pragma omp simd reduction(+ : s)
      for (std::int64_t i = 0; i < n; ++i) s += load(dy, i);
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) store(dx, i, load(dy, i) - fast::exp(load(y, i)) * s);
    } else {
#pragma omp simd reduction(+ : s)
      for (std::int64_t i = 0; i < n; ++i) s += load(y, i) * load(dy, i);
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) store(dx, i, load(y, i) * (load(dy, i) - s));
    }
  }
}

template <class T>
class SoftmaxForward final : public ActivationForward {
 public:
  SoftmaxForward(const Cpu& cpu, const ActivationSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView x, View y, Stream&) override {
    const std::int64_t n = spec_.channels;
    for_chunks(cpu_, spec_.rows, row_chunk(n), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      softmax_rows(x.as<T>() + begin * n, y.as<T>() + begin * n, end - begin, n, spec_.activation == Activation::log_softmax);
    });
  }

 private:
  const Cpu& cpu_;
  ActivationSpec spec_;
};

template <class T>
class SoftmaxBackward final : public ActivationBackward {
 public:
  SoftmaxBackward(const Cpu& cpu, const ActivationSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView, ConstView y, ConstView dy, View dx, Stream&) override {
    const std::int64_t n = spec_.channels;
    for_chunks(cpu_, spec_.rows, row_chunk(n), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      softmax_rows_backward(y.as<T>() + begin * n, dy.as<T>() + begin * n, dx.as<T>() + begin * n, end - begin, n,
                            spec_.activation == Activation::log_softmax);
    });
  }

 private:
  const Cpu& cpu_;
  ActivationSpec spec_;
};

bool over_rows(Activation a) { return a == Activation::softmax || a == Activation::log_softmax; }

}  // namespace

std::unique_ptr<ActivationForward> make_on(Cpu& cpu, const ActivationSpec& spec) {
  verify(spec);
  return with_float("activation", spec.dtype, [&]<class T>(T) -> std::unique_ptr<ActivationForward> {
    if (over_rows(spec.activation)) return std::make_unique<SoftmaxForward<T>>(cpu, spec);
    return activations::with_function(spec, [&]<class F>(F f) -> std::unique_ptr<ActivationForward> {
      return std::make_unique<ElementForward<T, F>>(cpu, spec.rows * spec.channels, f);
    });
  });
}

std::unique_ptr<ActivationBackward> make_on(Cpu& cpu, const ActivationBackwardSpec& backward) {
  const ActivationSpec& spec = backward.forward;
  verify(spec);
  return with_float("activation", spec.dtype, [&]<class T>(T) -> std::unique_ptr<ActivationBackward> {
    if (over_rows(spec.activation)) return std::make_unique<SoftmaxBackward<T>>(cpu, spec);
    return activations::with_function(spec, [&]<class F>(F f) -> std::unique_ptr<ActivationBackward> {
      return std::make_unique<ElementBackward<T, F>>(cpu, spec.rows * spec.channels, gradient_from_output(spec.activation), f);
    });
  });
}

}  // namespace lehr
