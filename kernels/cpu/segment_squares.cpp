#include "kernels/cpu/segment_squares.h"

#include <algorithm>

#include "kernels/cpu/element.h"

namespace lehr {
namespace {

LEHR_SIMD double sum_of_squares(const float* x, std::int64_t n) {
  double total = 0;
  for (std::int64_t at = 0; at < n; at += 1024) {
    const std::int64_t end = std::min(n, at + 1024);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = at; i < end; ++i) sum += x[i] * x[i];
    total += static_cast<double>(sum);
  }
  return total;
}

}  // namespace

SegmentSquares::SegmentSquares(const std::vector<Segment>& segments) : segments_(segments.size()) {
  for (std::size_t s = 0; s < segments.size(); ++s)
    for (std::int64_t at = 0; at < segments[s].count; at += element_chunk)
      runs_.push_back({s, segments[s].offset + at, std::min(element_chunk, segments[s].count - at)});
}

std::span<const double> SegmentSquares::sums(const Cpu& cpu, const float* arena, double* workspace) const {
  double *squares = workspace, *sums = workspace + runs_.size();
  for_chunks(cpu, static_cast<std::int64_t>(runs_.size()), 4, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Run& r = runs_[static_cast<std::size_t>(i)];
      squares[i] = sum_of_squares(arena + r.offset, r.count);
    }
  });
  std::fill(sums, sums + segments_, 0.0);
  for (std::size_t i = 0; i < runs_.size(); ++i) sums[runs_[i].segment] += squares[i];
  return {sums, segments_};
}

}  // namespace lehr
