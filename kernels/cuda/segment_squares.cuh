// segment_squares.cuh: sums of squares of an arena's segments, for whatever scales a tensor by its norm: blocks of runs to one sum each,
// which the reader adds in their order.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "kernels/cuda/make_kernel.h"
#include "kernels/optimizer_step.h"

namespace lehr {
namespace device {

/// What a kernel reads: of_run[array * runs + run]; segment s has the runs first[s] to first[s + 1].
struct SquaresOfRuns {
  const double* of_run;
  const std::int64_t* first;
  std::int64_t runs, segments;
  __device__ double of_segment(int array, std::int64_t s) const {
    double sum = 0;
    for (std::int64_t r = first[s]; r < first[s + 1]; ++r) sum += of_run[array * runs + r];
    return sum;
  }
};

}  // namespace device

class SegmentSquares {
 public:
  SegmentSquares(Cuda& cuda, const std::vector<Segment>& segments);
  std::size_t workspace_bytes(int arrays) const { return static_cast<std::size_t>(arrays * count_) * sizeof(double); }
  /// One launch for at most two arenas of the same segments.
  device::SquaresOfRuns run(std::initializer_list<const float*> arenas, View workspace, Stream& stream) const;

 private:
  std::int64_t count_ = 0, segments_;
  Buffer runs_, first_;
};

}  // namespace lehr
