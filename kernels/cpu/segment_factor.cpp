#include "kernels/segment_factor.h"

#include "kernels/cpu/segment_squares.h"

namespace lehr {
namespace {

class ArenaFactors final : public SegmentFactor {
 public:
  ArenaFactors(const Cpu& cpu, const SegmentFactorSpec& spec) : cpu_(cpu), spec_(spec), squares_(spec.segments) {}
  std::size_t workspace_bytes() const override { return 2 * squares_.workspace_bytes(); }
  void run(ConstView w, ConstView u, View factors, View workspace, Stream&) override {
    auto* memory = static_cast<double*>(workspace.data);
    const auto of_u = squares_.sums(cpu_, u.as<float>(), memory);
    std::span<const double> of_w;
    if (spec_.rule().reads_weights()) of_w = squares_.sums(cpu_, w.as<float>(), memory + squares_.workspace_bytes() / sizeof(double));
    for (std::size_t s = 0; s < spec_.segments.size(); ++s) {
      const bool neutral = !spec_.neutral.empty() && spec_.neutral[s] != 0;
      const auto count = static_cast<double>(spec_.segments[s].count);
      factors.as<float>()[s] = neutral ? 1.0F : static_cast<float>(spec_.rule()(of_w.empty() ? 0 : of_w[s], of_u[s], count));
    }
  }

 private:
  const Cpu& cpu_;
  SegmentFactorSpec spec_;
  SegmentSquares squares_;
};

}  // namespace

std::unique_ptr<SegmentFactor> make_on(Cpu& cpu, const SegmentFactorSpec& spec) {
  verify(spec);
  return std::make_unique<ArenaFactors>(cpu, spec);
}

}  // namespace lehr
