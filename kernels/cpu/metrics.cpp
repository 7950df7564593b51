#include "kernels/metrics.h"

#include <cmath>
#include <limits>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

/// The lowest index among the largest; 0 where all are NaN.
template <class T>
LEHR_SIMD std::int64_t argmax(const T* z, std::int64_t n) {
  float m = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : m)
  for (std::int64_t k = 0; k < n; ++k) {
    const float v = load(z, k);
    m = v > m ? v : m;
  }
  for (std::int64_t k = 0; k < n; ++k)
    if (load(z, k) == m) return k;
  return 0;
}

/// Fewer than k classes score strictly higher; a score that is not finite is no hit (TensorFlow's in_top_k).
template <class T>
LEHR_SIMD bool in_top_k(const T* z, std::int64_t n, std::int64_t label, std::int64_t k) {
  const float score = load(z, label);
  if (!std::isfinite(score)) return false;
  std::int32_t higher = 0;
#pragma omp simd reduction(+ : higher)
  for (std::int64_t i = 0; i < n; ++i) higher += load(z, i) > score ? 1 : 0;
  return higher < k;
}

template <class T>
class RowHits final : public Hits {
 public:
  RowHits(const Cpu& cpu, const HitsSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView z, ConstView labels, View values, Stream&) override {
    const std::int64_t n = spec_.classes;
    for_chunks(cpu_, spec_.rows, row_chunk(n), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) values.as<float>()[r] = row(z.as<T>() + r * n, labels, r);
    });
  }

 private:
  float row(const T* z, ConstView labels, std::int64_t r) const {
    const std::int64_t n = spec_.classes;
    if (spec_.kind == HitKind::binary) {
      const float* y = labels.as<float>() + r * n;
      std::int64_t right = 0;
      for (std::int64_t k = 0; k < n; ++k) right += (load(z, k) > spec_.threshold) == (y[k] > 0.5F) ? 1 : 0;
      return static_cast<float>(right) / static_cast<float>(n);
    }
    const bool sparse = spec_.kind == HitKind::sparse || spec_.kind == HitKind::sparse_top_k;
    const bool top_k = spec_.kind == HitKind::sparse_top_k || spec_.kind == HitKind::categorical_top_k;
    const std::int64_t label = sparse ? std::int64_t{labels.as<std::int32_t>()[r]} : argmax(labels.as<float>() + r * n, n);
    if (label < 0 || label >= n) return 0;
    return (top_k ? in_top_k(z, n, label, spec_.k) : argmax(z, n) == label) ? 1.0F : 0.0F;
  }

  const Cpu& cpu_;
  HitsSpec spec_;
};

template <class T>
class RowArgmax final : public Argmax {
 public:
  RowArgmax(const Cpu& cpu, const ArgmaxSpec& spec) : cpu_(cpu), spec_(spec) {}
  void run(ConstView z, View prediction, Stream&) override {
    const std::int64_t n = spec_.classes;
    for_chunks(cpu_, spec_.rows, row_chunk(n), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) prediction.as<std::int32_t>()[r] = static_cast<std::int32_t>(argmax(z.as<T>() + r * n, n));
    });
  }

 private:
  const Cpu& cpu_;
  ArgmaxSpec spec_;
};

/// In double, first to last: one order, one result.
double sum_of(ConstView values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(values.as<float>()[i]);
  return sum;
}

class SerialAccumulate final : public Accumulate {
 public:
  explicit SerialAccumulate(const AccumulateSpec& spec) : spec_(spec) {}
  void run(ConstView values, ConstView weights, ConstView extra, View sums, StepCounters* counters, Stream&) override {
    const auto count = static_cast<double>(spec_.count);
    double sum = weights ? weighted(values.as<float>(), weights.as<float>()) : sum_of(values, spec_.count);
    sum = spec_.scale * sum + (extra ? count * static_cast<double>(*extra.as<float>()) : 0);
    sums.as<double>()[0] += sum;
    sums.as<double>()[1] += weights ? sum_of(weights, spec_.count) : count;
    if (spec_.stop_on_nan && counters != nullptr && !std::isfinite(sum)) counters->stop = 1;
  }

 private:
  double weighted(const float* values, const float* weights) const {
    double sum = 0;
    for (std::int64_t i = 0; i < spec_.count; ++i) sum += static_cast<double>(weights[i]) * static_cast<double>(values[i]);
    return sum;
  }

  AccumulateSpec spec_;
};

class SerialRangeTest final : public RangeTest {
 public:
  explicit SerialRangeTest(const RangeTestSpec& spec) : spec_(spec) {}
  void run(ConstView values, ConstView extra, View trace, StepCounters* counters, Stream&) override {
    const double sum = sum_of(values, spec_.count);
    const double loss = sum / static_cast<double>(spec_.count) + (extra ? static_cast<double>(*extra.as<float>()) : 0);
    range_test_step(spec_, loss, trace.as<double>(), counters);
  }

 private:
  RangeTestSpec spec_;
};

}  // namespace

std::unique_ptr<Hits> make_on(Cpu& cpu, const HitsSpec& spec) {
  return with_float("hits", spec.dtype, [&]<class T>(T) -> std::unique_ptr<Hits> { return std::make_unique<RowHits<T>>(cpu, spec); });
}
std::unique_ptr<Argmax> make_on(Cpu& cpu, const ArgmaxSpec& spec) {
  return with_float("argmax", spec.dtype, [&]<class T>(T) -> std::unique_ptr<Argmax> { return std::make_unique<RowArgmax<T>>(cpu, spec); });
}
std::unique_ptr<Accumulate> make_on(Cpu&, const AccumulateSpec& spec) { return std::make_unique<SerialAccumulate>(spec); }
std::unique_ptr<RangeTest> make_on(Cpu&, const RangeTestSpec& spec) { return std::make_unique<SerialRangeTest>(spec); }

}  // namespace lehr
