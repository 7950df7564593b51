// One number a tensor from the norms of its weights and its update: sums of squares by blocks, then a thread a segment.
#include "kernels/segment_factor.h"

#include "kernels/cuda/device/pack.cuh"
#include "kernels/cuda/segment_squares.cuh"

namespace lehr {
namespace {

/// counts: elements of each segment; 0: its factor is 1.
__global__ void factor_kernel(FactorRule rule, device::SquaresOfRuns squares, const std::int64_t* counts, bool weights, float* factors) {
  const std::int64_t s = device::first_element<1>();
  if (s >= squares.segments) return;
  const double of_u = squares.of_segment(0, s), of_w = weights ? squares.of_segment(1, s) : 0;
  factors[s] = counts[s] == 0 ? 1.0F : static_cast<float>(rule(of_w, of_u, static_cast<double>(counts[s])));
}

std::vector<std::int64_t> counts_of(const SegmentFactorSpec& spec) {
  std::vector<std::int64_t> counts;
  for (std::size_t s = 0; s < spec.segments.size(); ++s)
    counts.push_back(!spec.neutral.empty() && spec.neutral[s] != 0 ? 0 : spec.segments[s].count);
  return counts;
}

class ArenaFactors final : public SegmentFactor {
 public:
  ArenaFactors(Cuda& cuda, const SegmentFactorSpec& spec)
      : rule_(spec.rule()), squares_(cuda, spec.segments), counts_(upload(cuda, counts_of(spec))), segments_(spec.segments.size()) {}
  std::size_t workspace_bytes() const override { return squares_.workspace_bytes(rule_.reads_weights() ? 2 : 1); }
  void run(ConstView w, ConstView u, View factors, View workspace, Stream& stream) override {
    const bool weights = rule_.reads_weights();
    const auto squares =
        weights ? squares_.run({u.as<float>(), w.as<float>()}, workspace, stream) : squares_.run({u.as<float>()}, workspace, stream);
    launch(factor_kernel, blocks_for(static_cast<std::int64_t>(segments_), 1, 64), 64, 0, stream, rule_, squares,
           static_cast<const std::int64_t*>(counts_.data()), weights, factors.as<float>());
  }

 private:
  FactorRule rule_;
  SegmentSquares squares_;
  Buffer counts_;
  std::size_t segments_;
};

}  // namespace

std::unique_ptr<SegmentFactor> make_on(Cuda& cuda, const SegmentFactorSpec& spec) {
  verify(spec);
  return std::make_unique<ArenaFactors>(cuda, spec);
}

}  // namespace lehr
