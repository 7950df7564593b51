// metrics.h: what an epoch reports, summed on the device and read by the host when a person could see it.
//   hits      per row: 1 where the prediction is right. sparse: argmax z == label; categorical: argmax z == argmax y; binary: (z >
//   threshold) == (y > 0.5), mean over columns;
//             top_k: fewer than k classes score strictly higher than the label's. Ties of argmax go to the lowest index.
//   accumulate  sums[slot] += scale * sum_n weights[n]*values[n]; sums[slot+1] += sum_n weights[n], count without weights          NaN in
//             values sets counters->stop where asked
//   range test  the batch's loss at counters->cursor, smoothed as fastai does, and the stop flag where it diverges (RangeTestSpec)
// Shapes   z [n,c] f32|bf16; labels i32 [n] or f32 [n,c]; values, weights [n] f32; sums f64     Writes  hits =, accumulate +=     Order  fixed
// Meaning  keras.metrics; fastai.callback.schedule.LRFinder
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/device_code.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

enum class HitKind : std::uint8_t { sparse, categorical, binary, sparse_top_k, categorical_top_k };
struct HitsSpec {
  HitKind kind = HitKind::sparse;
  std::int64_t rows = 0, classes = 0;
  std::int64_t k = 5;
  float threshold = 0.5F;  ///< binary, on z: 0.5 for probabilities, 0 for logits
  DType dtype = DType::f32;
};
struct Hits {
  virtual ~Hits() = default;
  virtual void run(ConstView z, ConstView labels, View values, Stream& stream) = 0;
};
std::unique_ptr<Hits> make_on(Cpu&, const HitsSpec&);
std::unique_ptr<Hits> make_on(Cuda&, const HitsSpec&);

/// prediction [n] i32: argmax of each row (for the confusion matrix and the collapse check: count of predicted classes).
struct ArgmaxSpec {
  std::int64_t rows = 0, classes = 0;
  DType dtype = DType::f32;
};
struct Argmax {
  virtual ~Argmax() = default;
  virtual void run(ConstView z, View prediction, Stream& stream) = 0;
};
std::unique_ptr<Argmax> make_on(Cpu&, const ArgmaxSpec&);
std::unique_ptr<Argmax> make_on(Cuda&, const ArgmaxSpec&);

struct AccumulateSpec {
  std::int64_t count = 0;  ///< values summed
  double scale = 1;
  bool stop_on_nan = false;  ///< a non-finite sum sets counters->stop
};
/// sums [2] f64: += scale*sum(weights*values), += sum(weights). `weights` [count] f32 may be empty: 1 each. `extra` [1] f32 (regularization
/// loss of the batch) may be empty: sums[0] += count * extra[0].
struct Accumulate {
  virtual ~Accumulate() = default;
  virtual void run(ConstView values, ConstView weights, ConstView extra, View sums, StepCounters* counters, Stream& stream) = 0;
};
std::unique_ptr<Accumulate> make_on(Cpu&, const AccumulateSpec&);
std::unique_ptr<Accumulate> make_on(Cuda&, const AccumulateSpec&);

/// A learning-rate range test's memory, step t = counters->cursor (from 0):
///   loss_t = mean(values) + extra;  average = beta*average + (1 - beta)*loss_t;  smooth_t = average / (1 - beta^(t + 1))
///   stop where loss_t is no number, or t > 0 and smooth_t > factor * best;  best = min(best, smooth_t)
/// The stopping step is written, and its update does not happen. Steps after the stop, and beyond `capacity`, write nothing.
struct RangeTestSpec {
  static constexpr std::int64_t head = 3;  ///< average, beta^(t + 1), best; then loss_t, smooth_t of every step
  std::int64_t count = 0;                  ///< values of a batch
  std::int64_t capacity = 0;               ///< steps
  double beta = 0.98, factor = 4;
  std::int64_t elements() const { return head + 2 * capacity; }
};
inline LEHR_HD void range_test_step(const RangeTestSpec& s, double loss, double* trace, StepCounters* counters) {
  const std::int64_t t = counters->cursor;
  if (counters->stop != 0 || t >= s.capacity) return;
  const double average = s.beta * (t == 0 ? 0 : trace[0]) + (1 - s.beta) * loss, power = s.beta * (t == 0 ? 1 : trace[1]);
  const double smooth = average / (1 - power), best = t == 0 ? smooth : trace[2];
  trace[0] = average;
  trace[1] = power;
  trace[2] = smooth < best ? smooth : best;
  trace[RangeTestSpec::head + 2 * t] = loss;
  trace[RangeTestSpec::head + 2 * t + 1] = smooth;
  if (loss - loss != 0 || smooth > s.factor * best) counters->stop = 1;
}
/// trace [elements()] f64; values [count] f32; `extra` [1] f32 may be empty.
struct RangeTest {
  virtual ~RangeTest() = default;
  virtual void run(ConstView values, ConstView extra, View trace, StepCounters* counters, Stream& stream) = 0;
};
std::unique_ptr<RangeTest> make_on(Cpu&, const RangeTestSpec&);
std::unique_ptr<RangeTest> make_on(Cuda&, const RangeTestSpec&);

}  // namespace lehr
