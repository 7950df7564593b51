// segment_squares.h: sums of squares of an arena's segments, for whatever scales a tensor by its norm.
// Float32 over 1024 elements, double beyond; fixed order, any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/optimizer_step.h"

namespace lehr {

class SegmentSquares {
 public:
  explicit SegmentSquares(const std::vector<Segment>& segments);
  std::size_t workspace_bytes() const { return (runs_.size() + segments_) * sizeof(double); }
  /// One sum a segment; it lies in the workspace.
  std::span<const double> sums(const Cpu& cpu, const float* arena, double* workspace) const;

 private:
  struct Run {
    std::size_t segment;
    std::int64_t offset, count;
  };
  std::size_t segments_;
  std::vector<Run> runs_;  // in the order of the segments
};

}  // namespace lehr
