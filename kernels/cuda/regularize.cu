// Penalties: sums by blocks in double, then one block adds them; the gradient in the same pass. Constraints: norms down the columns, then
// one pass over the weights.
#include "kernels/regularize.h"

#include "kernels/cuda/columns.cuh"
#include "kernels/cuda/device/reduce.cuh"

namespace lehr {
namespace {

constexpr std::int64_t run_elements = 4096;  // a block

/// norms empty: no loss is wanted; dw empty: no gradient.
template <class T, class G>
__global__ void penalty_kernel(const T* w, G* dw, double* norms, std::int64_t count, float l1, float l2, float scale) {
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * run_elements, full = begin + run_elements;
  const std::int64_t end = full < count ? full : count;
  double sum = 0;
  for (std::int64_t i = begin + threadIdx.x; i < end; i += blockDim.x) {
    const float v = device::as_float(w[i]), sign = v > 0 ? 1.0F : (v < 0 ? -1.0F : 0.0F);
    const auto wide = static_cast<double>(v);
    sum += static_cast<double>(l1) * (wide < 0 ? -wide : wide) + static_cast<double>(l2) * wide * wide;
    if (dw != nullptr) dw[i] = device::from_float<G>(device::as_float(dw[i]) + (scale * l1 * sign + 2 * scale * l2 * v));
  }
  if (norms == nullptr) return;
  sum = device::block_reduce(sum, device::Sum{});
  if (threadIdx.x == 0) norms[blockIdx.x] = sum;
}

__global__ void penalty_sum_kernel(const double* norms, std::int64_t blocks, float* loss, float scale, bool accumulate) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < blocks; i += blockDim.x) sum += norms[i];
  sum = device::block_reduce(sum, device::Sum{});
  if (threadIdx.x == 0) *loss = static_cast<float>((accumulate ? static_cast<double>(*loss) : 0.0) + static_cast<double>(scale) * sum);
}

template <class T, class G>
class CudaPenalty final : public Penalty {
 public:
  explicit CudaPenalty(const PenaltySpec& spec) : s_(spec), grid_(blocks_for(spec.count, run_elements, 1)) {}
  std::size_t workspace_bytes() const override { return grid_.x * sizeof(double); }
  void run(ConstView w, View loss, View dw, View workspace, Stream& stream) override {
    auto* norms = loss ? static_cast<double*>(workspace.data) : nullptr;
    launch(penalty_kernel<T, G>, grid_, block_threads, 0, stream, w.as<T>(), dw.as<G>(), norms, s_.count, s_.l1, s_.l2, s_.scale);
    if (loss)
      launch(penalty_sum_kernel, 1, block_threads, 0, stream, norms, std::int64_t{grid_.x}, loss.as<float>(), s_.scale, s_.accumulate);
  }

 private:
  PenaltySpec s_;
  dim3 grid_;
};

__device__ bool applies(const StepRow* table, const StepCounters* counters) {
  return counters == nullptr || (counters->stop == 0 && table[counters->cursor].apply != 0);
}

__global__ void raise_kernel(float* w, bf16* copy, std::int64_t count, const StepRow* table, const StepCounters* counters) {
  const std::int64_t i = device::first_element<1>();
  if (i >= count || !applies(table, counters)) return;
  const float v = w[i] < 0 ? 0.0F : w[i];
  w[i] = v;
  if (copy != nullptr) copy[i] = device::from_float<bf16>(v);
}

__global__ void column_squares_kernel(const float* w, double* partials, Columns columns) {
  device::sum_columns<1, 1>(columns, partials, [&](std::int64_t row, std::int64_t c, double(&sums)[1][1]) {
    const auto v = static_cast<double>(w[row * columns.channels + c]);
    sums[0][0] += v * v;
  });
}

__global__ void column_factors_kernel(const double* partials, float* factors, Columns columns, ConstraintKind kind, float most) {
  const std::int64_t c = device::first_element<1>();
  if (c >= columns.channels) return;
  const double norm = sqrt(device::sum_of_partials(columns, partials, 0, c)), limit = static_cast<double>(most);
  const double target = kind == ConstraintKind::unit_norm ? 1.0 : (norm < limit ? norm : limit);
  factors[c] = static_cast<float>(target / (1e-7 + norm));
}

__global__ void scale_columns_kernel(float* w, bf16* copy, std::int64_t count, std::int64_t channels, const float* factors,
                                     const StepRow* table, const StepCounters* counters) {
  const std::int64_t i = device::first_element<1>();
  if (i >= count || !applies(table, counters)) return;
  const float v = w[i] * factors[i % channels];
  w[i] = v;
  if (copy != nullptr) copy[i] = device::from_float<bf16>(v);
}

class CudaConstraint final : public ConstrainWeights {
 public:
  explicit CudaConstraint(const ConstraintSpec& spec) : s_(spec), columns_(columns_for(spec.rows, spec.channels)) {}
  std::size_t workspace_bytes() const override {
    return columns_.partials() * sizeof(double) + static_cast<std::size_t>(s_.channels) * sizeof(float);
  }
  void run(View w, View copy, const StepRow* table, const StepCounters* counters, View workspace, Stream& stream) override {
    const std::int64_t count = s_.rows * s_.channels;
    auto* weights = w.as<float>();
    auto* rounded = copy.as<bf16>();
    if (s_.kind == ConstraintKind::non_neg) {
      launch(raise_kernel, blocks_for(count), block_threads, 0, stream, weights, rounded, count, table, counters);
      return;
    }
    auto* partials = static_cast<double*>(workspace.data);
    auto* factors = reinterpret_cast<float*>(partials + columns_.partials());
    launch(column_squares_kernel, column_grid(columns_, 1), column_block(), 0, stream, weights, partials, columns_);
    launch(column_factors_kernel, blocks_for(s_.channels, 1, 64), 64, 0, stream, partials, factors, columns_, s_.kind, s_.max_value);
    launch(scale_columns_kernel, blocks_for(count), block_threads, 0, stream, weights, rounded, count, s_.channels, factors, table,
           counters);
  }

 private:
  ConstraintSpec s_;
  Columns columns_;
};

}  // namespace

std::unique_ptr<Penalty> make_on(Cuda&, const PenaltySpec& spec) {
  return with_float_on_cuda("penalty", spec.dtype, [&]<class T>(T) {
    return with_float_on_cuda("penalty", spec.gradient,
                              [&]<class G>(G) -> std::unique_ptr<Penalty> { return std::make_unique<CudaPenalty<T, G>>(spec); });
  });
}
std::unique_ptr<ConstrainWeights> make_on(Cuda&, const ConstraintSpec& spec) { return std::make_unique<CudaConstraint>(spec); }

}  // namespace lehr
