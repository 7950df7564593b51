// metrics.h: what an epoch reports, summed on the device and read by the host when a person could see it.
//   hits      per row: 1 where the prediction is right. sparse: argmax z == label; categorical: argmax z == argmax y; binary: (z >
//   threshold) == (y > 0.5), mean over columns;
//             top_k: fewer than k classes score strictly higher than the label's. Ties of argmax go to the lowest index.
//   accumulate  sums[slot] += scale * sum_n values[n]; sums[slot+1] += count          NaN in values sets counters->stop where asked
// Shapes   z [n,c] f32|bf16; labels i32 [n] or f32 [n,c]; values [n] f32; sums f64     Writes  hits =, accumulate +=     Order  fixed
// Meaning  keras.metrics
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
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
/// sums [2] f64: += scale*sum(values), += count. `extra` [1] f32 (regularization loss of the batch) may be empty: sums[0] += count *
/// extra[0].
struct Accumulate {
  virtual ~Accumulate() = default;
  virtual void run(ConstView values, ConstView extra, View sums, StepCounters* counters, Stream& stream) = 0;
};
std::unique_ptr<Accumulate> make_on(Cpu&, const AccumulateSpec&);
std::unique_ptr<Accumulate> make_on(Cuda&, const AccumulateSpec&);

}  // namespace lehr
