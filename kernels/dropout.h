// dropout.h: inverted dropout; the mask is a function of (key, step, element), so it is computed again in backward and never stored.
//   y = x * keep / (1 - rate), keep = u >= rate, u = uniform01(random_word(key, step, element));  dx = dy * keep / (1 - rate)
// One operation serves both directions: run(x -> y) and run(dy -> dx).
// Shapes   x, y [count] f32|bf16     Alias  y may be x     Writes  =     Order  fixed, any number of threads     Meaning
// keras.layers.Dropout (its own random bits)
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/philox.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

struct DropoutSpec {
  std::int64_t count = 0;
  float rate = 0.5F;  ///< in [0, 1]; 1 gives zeros
  RandomKey key = {};
  DType dtype = DType::f32;
};
struct DropoutMask {
  virtual ~DropoutMask() = default;
  virtual void run(ConstView x, const StepCounters* counters, View y, Stream& stream) = 0;
};
void verify(const DropoutSpec&);  ///< throws Error{usage} for a rate that is no share
std::unique_ptr<DropoutMask> make_on(Cpu&, const DropoutSpec&);
std::unique_ptr<DropoutMask> make_on(Cuda&, const DropoutSpec&);

}  // namespace lehr
