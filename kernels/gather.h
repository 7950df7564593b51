// gather.h: a batch from a resident data set: rows named by the epoch's permutation, converted and normalized on the way.
//   y[i, :] = x[permutation[counters->sample + i], :] * scale[c] + offset[c]      channels reversed first where bgr (VGG-16's order)
//   labels and sample weights: the same rows, copied
// Shapes   x [rows, elements] any type copied, u8|f32|f64 converted; permutation i32; y [batch, elements] f32|bf16 (or the type of x where
// neither scale nor offset is given) Writes   =     Order  fixed     Needs  every permutation entry within the data set (the engine makes
// them)
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/backend.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

struct GatherSpec {
  std::int64_t batch = 0, elements = 0, channels = 1;  ///< elements of one row; channels is the fastest axis
  DType from = DType::u8, to = DType::f32;
  std::vector<double> scale = {}, offset = {};  ///< 0, 1 or `channels` numbers each; x*scale + offset in double, rounded once
  bool bgr = false;
};
struct Gather {
  virtual ~Gather() = default;
  /// An empty permutation means rows counters->sample .. +batch in their order; without counters sample is 0.
  virtual void run(ConstView x, ConstView permutation, const StepCounters* counters, View y, Stream& stream) = 0;
};
void verify(const GatherSpec&);  ///< throws Error where channels, scale and offset do not fit
std::unique_ptr<Gather> make_on(Cpu&, const GatherSpec&);
std::unique_ptr<Gather> make_on(Cuda&, const GatherSpec&);

}  // namespace lehr
