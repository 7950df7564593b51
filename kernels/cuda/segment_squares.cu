#include "kernels/cuda/segment_squares.cuh"

#include <algorithm>

#include "kernels/cuda/device/reduce.cuh"

namespace lehr {
namespace {

/// A piece of a segment that one block sums.
struct Run {
  std::int64_t offset, count;
};
constexpr std::int64_t run_elements = 16384;

/// float32 over a thread's elements, double over threads. blockIdx.y: which arena.
__global__ void squares_kernel(const float* arena, const float* other, const Run* runs, double* squares) {
  const float* x = (blockIdx.y == 0 ? arena : other) + runs[blockIdx.x].offset;
  const std::int64_t count = runs[blockIdx.x].count;
  float sum = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += blockDim.x) sum += x[i] * x[i];
  const double total = device::block_reduce(static_cast<double>(sum), device::Sum{});
  if (threadIdx.x == 0) squares[blockIdx.y * gridDim.x + blockIdx.x] = total;
}

}  // namespace

SegmentSquares::SegmentSquares(Cuda& cuda, const std::vector<Segment>& segments) : segments_(static_cast<std::int64_t>(segments.size())) {
  std::vector<Run> runs;
  std::vector<std::int64_t> first;
  for (const Segment& segment : segments) {
    first.push_back(static_cast<std::int64_t>(runs.size()));
    for (std::int64_t at = 0; at < segment.count; at += run_elements)
      runs.push_back({segment.offset + at, std::min(run_elements, segment.count - at)});
  }
  first.push_back(static_cast<std::int64_t>(runs.size()));
  count_ = first.back();
  runs_ = upload(cuda, runs);
  first_ = upload(cuda, first);
}

device::SquaresOfRuns SegmentSquares::run(std::initializer_list<const float*> arenas, View workspace, Stream& stream) const {
  auto* squares = static_cast<double*>(workspace.data);
  const dim3 grid(static_cast<unsigned>(count_), static_cast<unsigned>(arenas.size()));
  launch(squares_kernel, grid, block_threads, 0, stream, arenas.begin()[0], arenas.begin()[arenas.size() - 1],
         static_cast<const Run*>(runs_.data()), squares);
  return {squares, static_cast<const std::int64_t*>(first_.data()), count_, segments_};
}

}  // namespace lehr
