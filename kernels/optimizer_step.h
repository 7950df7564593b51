// optimizer_step.h: one launch over the flat arena of all trainable parameters.
//   per element, in this order:  g = clip(gradient * gradient_factor)  ->  w -= row.decay*w (segments that decay)  ->  rule(w, g, slots,
//   row)  ->  bf16 copy of w where asked row = table[counters->cursor], row.factor = the segment's; nothing changes where counters->stop is
//   set, or outside the segments. Clipping: by value
//   here; by norm through clip[segment] (clip.h: NormClip) read as a factor.
// Shapes   w, g [count] f32; slots [slot][count] f32 (one plane a slot); copy [count] bf16     Writes  in place     Order  element-wise,
// fixed     Meaning  keras.optimizers.Optimizer.apply
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/backend.h"
#include "kernels/optimizer_rules.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

/// A tensor's place in the flat arena.
struct Segment {
  std::int64_t offset = 0, count = 0;
  bool decays = true;     ///< weight decay applies
  float rate_factor = 1;  ///< times row.learning_rate, row.a and row.decay
};
struct OptimizerStepSpec {
  OptimizerRule rule;
  std::int64_t count = 0;  ///< of the arena: the end of the last segment
  std::vector<Segment> segments;
  float clip_value = 0;     ///< 0: off
  bool norm_clip = false;   ///< `factors` holds one factor a segment
  bool write_copy = false;  ///< also the bf16 copy
  bool every_step = false;  ///< also on steps that only accumulate gradients
};
struct OptimizerStep {
  virtual ~OptimizerStep() = default;
  virtual void run(View w, ConstView g, View slots, const StepRow* table, const StepCounters* counters, ConstView factors, View copy,
                   Stream& stream) = 0;
};
void verify(const OptimizerStepSpec&);  ///< throws Error for segments that overlap or leave the arena
std::unique_ptr<OptimizerStep> make_on(Cpu&, const OptimizerStepSpec&);
std::unique_ptr<OptimizerStep> make_on(Cuda&, const OptimizerStepSpec&);

/// factors[segment] = min(1, clip/|g_segment|) (clipnorm: g*c/max(|g|,c)), or one common factor from the norm of all (global_clipnorm; a
/// non-finite norm gives NaN).
struct NormClipSpec {
  std::vector<Segment> segments;
  float clipnorm = 0, global_clipnorm = 0;  ///< exactly one is positive
};
struct NormClip {
  virtual ~NormClip() = default;
  virtual std::size_t workspace_bytes() const = 0;
  virtual void run(ConstView g, View factors, View workspace, Stream& stream) = 0;
};
void verify(const NormClipSpec&);  ///< throws Error{usage} unless exactly one limit is positive
std::unique_ptr<NormClip> make_on(Cpu&, const NormClipSpec&);
std::unique_ptr<NormClip> make_on(Cuda&, const NormClipSpec&);

/// The end of a training step: ++step, ++cursor, sample += batch; where stop is set only cursor and sample move, so that the epoch still
/// ends.
struct AdvanceSpec {
  std::int64_t batch = 0;
  bool training = true; /**< false: step stays (evaluation) */
};
struct Advance {
  virtual ~Advance() = default;
  virtual void run(StepCounters* counters, Stream& stream) = 0;
};
std::unique_ptr<Advance> make_on(Cpu&, const AdvanceSpec&);
std::unique_ptr<Advance> make_on(Cuda&, const AdvanceSpec&);

}  // namespace lehr
