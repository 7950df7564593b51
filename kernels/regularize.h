// regularize.h: penalties on weights or activations and their gradient, and constraints on weights.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

/// loss[0] (+)= scale * sum(l1*|w| + l2*w^2);   dw += scale * (l1*sign(w) + 2*l2*w)
/// Shapes  w, dw [count] f32|bf16 (dw in its own dtype); loss [1] f32; loss or dw may be empty     Order  fixed, any number of threads
/// Sums  f64     Meaning  keras.regularizers L1, L2, L1L2
struct PenaltySpec {
  std::int64_t count = 0;
  float l1 = 0, l2 = 0, scale = 1;
  bool accumulate = false;  ///< loss += instead of =
  DType dtype = DType::f32, gradient = DType::f32;
};
struct Penalty {
  virtual ~Penalty() = default;
  virtual std::size_t workspace_bytes() const = 0;  ///< needed for the loss only
  virtual void run(ConstView w, View loss, View dw, View workspace, Stream& stream) = 0;
};
std::unique_ptr<Penalty> make_on(Cpu&, const PenaltySpec&);
std::unique_ptr<Penalty> make_on(Cuda&, const PenaltySpec&);

/// After the optimizer's step, in place; the bf16 copy follows. Nothing changes where counters->stop is set or the step only accumulates
/// (row.apply = 0). max_norm, unit_norm: norms over all axes but the last (columns of [rows, channels]); Keras: axis=0 for Dense, [0,1,2]
/// for Conv2D kernels.
///   non_neg w = 0 where w < 0;  max_norm w *= min(|w|,max)/(1e-7+|w|);  unit_norm w /= 1e-7+|w|
/// Shapes  w [rows, channels] f32; copy the same in bf16, or empty     Order  fixed, any number of threads     Sums  f32 over 64 rows, f64
/// beyond     Meaning  keras.constraints
enum class ConstraintKind : std::uint8_t { max_norm, non_neg, unit_norm };
struct ConstraintSpec {
  ConstraintKind kind = ConstraintKind::max_norm;
  std::int64_t rows = 0, channels = 0;
  float max_value = 2;
};
struct ConstrainWeights {
  virtual ~ConstrainWeights() = default;
  virtual std::size_t workspace_bytes() const = 0;
  /// Without table and counters every step applies.
  virtual void run(View w, View copy, const StepRow* table, const StepCounters* counters, View workspace, Stream& stream) = 0;
};
std::unique_ptr<ConstrainWeights> make_on(Cpu&, const ConstraintSpec&);
std::unique_ptr<ConstrainWeights> make_on(Cuda&, const ConstraintSpec&);

}  // namespace lehr
