// noise.h: noise of training: added or multiplied normal numbers, and dropout that several elements share.
//   gaussian        y = x + stddev*z, or y = x*(1 + stddev*z); z by Box-Muller from two words of (key, step, 2*element)
//   shared_dropout  y = x * keep / (1 - rate), keep = u >= rate, u of cell (sample?, pixel?, channel?): the axes that have a mask of their own
//                   are counted, the others share. SpatialDropout2D: sample and channel; StochasticDepth: sample.
// The gradient of added noise is dy itself; of the others the same operation on dy.
// Shapes   x, y [batch, pixels, channels] f32|bf16     Alias  y may be x     Writes  =     Order  fixed, any number of threads
// Meaning  keras.layers.{GaussianNoise,GaussianDropout,SpatialDropout2D,Dropout(noise_shape)} (its own random bits)
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/philox.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

struct GaussianSpec {
  std::int64_t count = 0;
  float stddev = 1;
  bool multiply = false;
  RandomKey key = {};
  DType dtype = DType::f32;
};
void verify(const GaussianSpec&);
struct Gaussian {
  virtual ~Gaussian() = default;
  virtual void run(ConstView x, const StepCounters* counters, View y, Stream& stream) = 0;
};
std::unique_ptr<Gaussian> make_on(Cpu&, const GaussianSpec&);
std::unique_ptr<Gaussian> make_on(Cuda&, const GaussianSpec&);

struct SharedDropoutSpec {
  std::int64_t batch = 1, pixels = 1, channels = 1;
  bool per_sample = true, per_pixel = false, per_channel = false;
  float rate = 0.5F;
  RandomKey key = {};
  DType dtype = DType::f32;
};
void verify(const SharedDropoutSpec&);
struct SharedDropout {
  virtual ~SharedDropout() = default;
  virtual void run(ConstView x, const StepCounters* counters, View y, Stream& stream) = 0;
};
std::unique_ptr<SharedDropout> make_on(Cpu&, const SharedDropoutSpec&);
std::unique_ptr<SharedDropout> make_on(Cuda&, const SharedDropoutSpec&);

}  // namespace lehr
