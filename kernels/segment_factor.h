// segment_factor.h: one number a tensor, from the norms of its weights w and of its update u, for optimizers that scale each tensor's step.
//   trust         |w|/|u|, or 1 where either norm is 0                                              LAMB
//   lars          scale*|w| / (|u| + decay*|w| + epsilon), or 1 where either norm is 0              LARS
//   inverse_norm  1 / (|u| + epsilon)                                                               Muon
//   adafactor     max(epsilon, rms(w)) / max(1, rms(u)/limit)                                       Adafactor
// Shapes  w, u [arena] f32; factors [segments] f32; w is not read by inverse_norm      Writes  factors =      Order  fixed, any number of
// threads      Sums  f32 over 1024, f64 beyond
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/optimizer_step.h"

namespace lehr {

enum class FactorKind : std::uint8_t { trust, lars, inverse_norm, adafactor };
struct SegmentFactorSpec {
  FactorKind kind = FactorKind::trust;
  std::vector<Segment> segments;
  std::vector<std::uint8_t> neutral = {};  ///< 1: this segment's factor is 1, whatever its norms; empty: none
  double scale = 1, decay = 0, epsilon = 0, limit = 1;
};
struct SegmentFactor {
  virtual ~SegmentFactor() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView w, ConstView u, View factors, View workspace, Stream& stream) = 0;
};
std::unique_ptr<SegmentFactor> make_on(Cpu&, const SegmentFactorSpec&);

}  // namespace lehr
