// Hits and argmax: one warp a row. Sums of an epoch: one block, in double and in a fixed order.
#include "kernels/metrics.h"

#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

using device::as_float;
using device::row_warps;

__device__ bool is_finite(double v) { return v - v == 0; }

template <class T>
__global__ void hits_kernel(const T* z, const std::int32_t* ids, const float* targets, float* values, HitsSpec s) {
  const std::int64_t row = device::row_of_warp(), lane = threadIdx.x % 32, n = s.classes;
  if (row >= s.rows) return;
  z += row * n;
  float result = 0;
  if (s.kind == HitKind::binary) {
    std::int32_t right = 0;
    for (std::int64_t k = lane; k < n; k += 32) right += (as_float(z[k]) > s.threshold) == (targets[row * n + k] > 0.5F) ? 1 : 0;
    result = static_cast<float>(device::warp_reduce(right, device::Sum{})) / static_cast<float>(n);
  } else {
    const bool sparse = s.kind == HitKind::sparse || s.kind == HitKind::sparse_top_k;
    const std::int64_t label = sparse ? std::int64_t{ids[row]} : device::largest_of_row(targets + row * n, n).index;
    if (label < 0 || label >= n) {
      result = 0;
    } else if (s.kind == HitKind::sparse || s.kind == HitKind::categorical) {
      result = device::largest_of_row(z, n).index == label ? 1 : 0;
    } else {
      // Fewer than k classes score strictly higher; a score that is not finite is no hit (TensorFlow's in_top_k).
      const float score = as_float(z[label]);
      std::int32_t higher = 0;
      for (std::int64_t k = lane; k < n; k += 32) higher += as_float(z[k]) > score ? 1 : 0;
      higher = device::warp_reduce(higher, device::Sum{});
      result = is_finite(static_cast<double>(score)) && higher < s.k ? 1 : 0;
    }
  }
  if (lane == 0) values[row] = result;
}

template <class T>
__global__ void argmax_kernel(const T* z, std::int32_t* prediction, ArgmaxSpec s) {
  const std::int64_t row = device::row_of_warp();
  if (row >= s.rows) return;
  const std::int64_t index = device::largest_of_row(z + row * s.classes, s.classes).index;
  if (threadIdx.x % 32 == 0) prediction[row] = static_cast<std::int32_t>(index);
}

__global__ void accumulate_kernel(const float* values, const float* weights, const float* extra, double* sums, StepCounters* counters,
                                  AccumulateSpec s) {
  double sum = 0, total = 0;
  for (std::int64_t i = threadIdx.x; i < s.count; i += blockDim.x) {
    const double weight = weights == nullptr ? 1 : static_cast<double>(weights[i]);
    sum += weight * static_cast<double>(values[i]);
    total += weight;
  }
  sum = device::block_reduce(sum, device::Sum{});
  total = device::block_reduce(total, device::Sum{});
  if (threadIdx.x != 0) return;
  const auto count = static_cast<double>(s.count);
  sum = s.scale * sum + (extra == nullptr ? 0 : count * static_cast<double>(*extra));
  sums[0] += sum;
  sums[1] += total;
  if (s.stop_on_nan && counters != nullptr && !is_finite(sum)) counters->stop = 1;
}

__global__ void range_test_kernel(const float* values, const float* extra, double* trace, StepCounters* counters, RangeTestSpec s) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < s.count; i += blockDim.x) sum += static_cast<double>(values[i]);
  sum = device::block_reduce(sum, device::Sum{});
  if (threadIdx.x != 0) return;
  range_test_step(s, sum / static_cast<double>(s.count) + (extra == nullptr ? 0 : static_cast<double>(*extra)), trace, counters);
}

template <class T>
class RowHits final : public Hits {
 public:
  explicit RowHits(const HitsSpec& spec) : spec_(spec) {}
  void run(ConstView z, ConstView labels, View values, Stream& stream) override {
    const bool sparse = spec_.kind == HitKind::sparse || spec_.kind == HitKind::sparse_top_k;
    launch(hits_kernel<T>, blocks_for(spec_.rows, 1, row_warps), row_warps * 32, 0, stream, z.as<T>(),
           sparse ? labels.as<std::int32_t>() : nullptr, sparse ? nullptr : labels.as<float>(), values.as<float>(), spec_);
  }

 private:
  HitsSpec spec_;
};

template <class T>
class RowArgmax final : public Argmax {
 public:
  explicit RowArgmax(const ArgmaxSpec& spec) : spec_(spec) {}
  void run(ConstView z, View prediction, Stream& stream) override {
    launch(argmax_kernel<T>, blocks_for(spec_.rows, 1, row_warps), row_warps * 32, 0, stream, z.as<T>(), prediction.as<std::int32_t>(),
           spec_);
  }

 private:
  ArgmaxSpec spec_;
};

class BlockAccumulate final : public Accumulate {
 public:
  explicit BlockAccumulate(const AccumulateSpec& spec) : spec_(spec) {}
  void run(ConstView values, ConstView weights, ConstView extra, View sums, StepCounters* counters, Stream& stream) override {
    launch(accumulate_kernel, 1, block_threads, 0, stream, values.as<float>(), weights.as<float>(), extra.as<float>(), sums.as<double>(),
           counters, spec_);
  }

 private:
  AccumulateSpec spec_;
};

class BlockRangeTest final : public RangeTest {
 public:
  explicit BlockRangeTest(const RangeTestSpec& spec) : spec_(spec) {}
  void run(ConstView values, ConstView extra, View trace, StepCounters* counters, Stream& stream) override {
    launch(range_test_kernel, 1, block_threads, 0, stream, values.as<float>(), extra.as<float>(), trace.as<double>(), counters, spec_);
  }

 private:
  RangeTestSpec spec_;
};

}  // namespace

std::unique_ptr<Hits> make_on(Cuda&, const HitsSpec& spec) {
  return with_float_on_cuda("hits", spec.dtype, [&]<class T>(T) -> std::unique_ptr<Hits> { return std::make_unique<RowHits<T>>(spec); });
}
std::unique_ptr<Argmax> make_on(Cuda&, const ArgmaxSpec& spec) {
  return with_float_on_cuda("argmax", spec.dtype,
                            [&]<class T>(T) -> std::unique_ptr<Argmax> { return std::make_unique<RowArgmax<T>>(spec); });
}
std::unique_ptr<Accumulate> make_on(Cuda&, const AccumulateSpec& spec) { return std::make_unique<BlockAccumulate>(spec); }
std::unique_ptr<RangeTest> make_on(Cuda&, const RangeTestSpec& spec) { return std::make_unique<BlockRangeTest>(spec); }

}  // namespace lehr
