// Adafactor's second moments: means of rows by warps, means of columns by blocks of 32 columns, then one pass over the gradient.
#include "kernels/factored_moments.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/device/reduce.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/make_kernel.h"

namespace lehr {
namespace {

constexpr unsigned lanes = 32, row_lanes = 8;  // threads of a block over a matrix's columns and rows

struct When {
  const StepRow* table;
  const StepCounters* counters;
  __device__ bool applies() const { return counters->stop == 0 && table[counters->cursor].apply != 0; }
  __device__ float share() const { return table[counters->cursor].a; }
};

__device__ float mixed(float b, float old, float now) { return b * old + (1 - b) * now; }

/// One warp a row of any matrix.
__global__ void row_means_kernel(const float* g, float* r, FactoredMomentsSpec spec, When when) {
  const std::int64_t row = device::row_of_warp();
  if (row >= spec.matrices * spec.rows || !when.applies()) return;
  double sum = 0;
  for (std::int64_t j = threadIdx.x % 32; j < spec.columns; j += 32) {
    const float v = g[row * spec.columns + j];
    sum += static_cast<double>(v * v + spec.epsilon);
  }
  sum = device::warp_reduce(sum, device::Sum{});
  if (threadIdx.x % 32 == 0) r[row] = mixed(when.share(), r[row], static_cast<float>(sum / static_cast<double>(spec.columns)));
}

struct ColumnSum {
  double at[row_lanes][lanes];
};
/// Block (32 columns, matrix).
__global__ void column_means_kernel(const float* g, float* c, FactoredMomentsSpec spec, When when) {
  if (!when.applies()) return;
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * lanes + threadIdx.x, matrix = blockIdx.y;
  double sum = 0;
  if (column < spec.columns)
    for (std::int64_t i = threadIdx.y; i < spec.rows; i += row_lanes) {
      const float v = g[(matrix * spec.rows + i) * spec.columns + column];
      sum += static_cast<double>(v * v + spec.epsilon);
    }
  auto& sums = shared<ColumnSum>();
  sums.at[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || column >= spec.columns) return;
  for (unsigned i = 1; i < row_lanes; ++i) sum += sums.at[i][threadIdx.x];
  float& mean = c[matrix * spec.columns + column];
  mean = mixed(when.share(), mean, static_cast<float>(sum / static_cast<double>(spec.rows)));
}

/// Mean of r, one block a matrix.
__global__ void mean_kernel(const float* r, double* means, std::int64_t rows, When when) {
  if (!when.applies()) return;
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < rows; i += blockDim.x) sum += static_cast<double>(r[blockIdx.x * rows + i]);
  sum = device::block_reduce(sum, device::Sum{});
  if (threadIdx.x == 0) means[blockIdx.x] = sum / static_cast<double>(rows);
}

__global__ void divide_kernel(float* g, const float* r, const float* c, const double* means, FactoredMomentsSpec spec, When when) {
  const std::int64_t i = device::first_element<1>(), row = i / spec.columns, matrix = row / spec.rows;
  if (matrix >= spec.matrices || !when.applies()) return;
  const auto share = static_cast<float>(static_cast<double>(r[row]) / means[matrix]);
  g[i] /= sqrtf(share * c[matrix * spec.columns + i % spec.columns]);
}

__global__ void vector_kernel(float* g, float* v, std::int64_t count, float epsilon, When when) {
  const std::int64_t i = device::first_element<1>();
  if (i >= count || !when.applies()) return;
  const float moment = mixed(when.share(), v[i], g[i] * g[i] + epsilon);
  v[i] = moment;
  g[i] /= sqrtf(moment);
}

class MeansOfRowsAndColumns final : public FactoredMoments {
 public:
  MeansOfRowsAndColumns(Cuda& cuda, const FactoredMomentsSpec& spec)
      : s_(spec), means_(cuda, spec.factored ? static_cast<std::size_t>(spec.matrices) * sizeof(double) : 0) {}
  void run(View gradient, View moments, const StepRow* table, const StepCounters* counters, Stream& stream) override {
    const When when{table, counters};
    float *g = gradient.as<float>(), *r = moments.as<float>(), *c = r + s_.matrices * s_.rows;
    const std::int64_t rows = s_.matrices * s_.rows, count = rows * s_.columns;
    if (!s_.factored) {
      launch(vector_kernel, blocks_for(count), block_threads, 0, stream, g, r, count, s_.epsilon, when);
      return;
    }
    auto* means = static_cast<double*>(means_.data());
    const auto matrices = static_cast<unsigned>(s_.matrices);
    launch(row_means_kernel, blocks_for(rows, 1, device::row_warps), device::row_warps * 32, 0, stream, g, r, s_, when);
    launch(column_means_kernel, dim3(blocks_for(s_.columns, 1, lanes).x, matrices), dim3(lanes, row_lanes), 0, stream, g, c, s_, when);
    launch(mean_kernel, matrices, block_threads, 0, stream, r, means, s_.rows, when);
    launch(divide_kernel, blocks_for(count), block_threads, 0, stream, g, r, c, means, s_, when);
  }

 private:
  FactoredMomentsSpec s_;
  Buffer means_;
};

}  // namespace

std::unique_ptr<FactoredMoments> make_on(Cuda& cuda, const FactoredMomentsSpec& spec) {
  return std::make_unique<MeansOfRowsAndColumns>(cuda, spec);
}

}  // namespace lehr
