// segment_factor.h: one number a tensor, from the norms of its weights w and of its update u, for optimizers that scale each tensor's step.
//   trust         |w|/|u|, or 1 where either norm is 0                                              LAMB
//   lars          scale*|w| / (|u| + decay*|w| + epsilon), or 1 where either norm is 0              LARS
//   inverse_norm  1 / (|u| + epsilon)                                                               Muon
//   adafactor     max(epsilon, rms(w)) / max(1, rms(u)/limit)                                       Adafactor
// Shapes  w, u [arena] f32; factors [segments] f32; w is not read by inverse_norm      Writes  factors =      Order  fixed, any number of
// threads      Sums  f32 over short runs, f64 beyond
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/optimizer_step.h"

namespace lehr {

enum class FactorKind : std::uint8_t { trust, lars, inverse_norm, adafactor };
/// The formulas, from the sums of squares of a segment's weights and update.
struct FactorRule {
  FactorKind kind = FactorKind::trust;
  double scale = 1, decay = 0, epsilon = 0, limit = 1;
  bool reads_weights() const { return kind != FactorKind::inverse_norm; }
  LEHR_HD double operator()(double squares_of_w, double squares_of_u, double count) const {
    const double w = std::sqrt(squares_of_w), u = std::sqrt(squares_of_u);
    if (kind == FactorKind::trust) return w > 0 && u > 0 ? w / u : 1;
    if (kind == FactorKind::lars) return w > 0 && u > 0 ? scale * w / (u + decay * w + epsilon) : 1;
    if (kind == FactorKind::inverse_norm) return 1 / (u + epsilon);
    const double root = std::sqrt(count), rms_of_w = w / root, excess = u / root / limit;
    return (rms_of_w > epsilon ? rms_of_w : epsilon) / (excess > 1 ? excess : 1);
  }
};
struct SegmentFactorSpec {
  FactorKind kind = FactorKind::trust;
  std::vector<Segment> segments;
  std::vector<std::uint8_t> neutral = {};  ///< 1: this segment's factor is 1, whatever its norms; empty: none
  double scale = 1, decay = 0, epsilon = 0, limit = 1;
  FactorRule rule() const { return {kind, scale, decay, epsilon, limit}; }
};
struct SegmentFactor {
  virtual ~SegmentFactor() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView w, ConstView u, View factors, View workspace, Stream& stream) = 0;
};
void verify(const SegmentFactorSpec&);  ///< throws Error where `neutral` does not fit the segments
std::unique_ptr<SegmentFactor> make_on(Cpu&, const SegmentFactorSpec&);
std::unique_ptr<SegmentFactor> make_on(Cuda&, const SegmentFactorSpec&);

}  // namespace lehr
