// fill.h: constants and random numbers. Element i of a random fill is a function of (key, i): the same on every device and for any number
// of threads.
//   uniform  low + (high-low)*uniform01(word(key, 0, i))
//   normal   mean + stddev*z, z by Box-Muller from words 2i, 2i+1 in f32 with std functions in double
//   truncated_normal  the same, redrawn with step = 1, 2, ... while |z| > 2
// Shapes   y [count] f32     Writes  =     Meaning  keras.initializers (its own random bits)
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/philox.h"

namespace lehr {

class Cpu;
class Cuda;

enum class Distribution : std::uint8_t { constant, uniform, normal, truncated_normal };
struct FillSpec {
  std::int64_t count = 0;
  Distribution distribution = Distribution::constant;
  double a = 0, b = 0;  ///< constant: a; uniform: low a, high b; normal: mean a, standard deviation b
  RandomKey key = {};
};
struct Fill {
  virtual ~Fill() = default;
  virtual void run(View y, Stream& stream) = 0;
};
std::unique_ptr<Fill> make_on(Cpu&, const FillSpec&);
std::unique_ptr<Fill> make_on(Cuda&, const FillSpec&);

}  // namespace lehr
