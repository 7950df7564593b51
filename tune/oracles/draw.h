// draw.h: random numbers of one proposal: Philox of (seed, oracle, trial, how many were drawn before).
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/philox.h"

namespace lehr {

class Draw {
 public:
  Draw(std::uint64_t seed, std::uint32_t stream, std::uint64_t trial) : key_{.seed = seed, .stream = stream}, trial_(trial) {}

  /// [0, 1) with 53 bits.
  double uniform() {
    const std::uint64_t high = word() >> 5U, low = word() >> 6U;
    return static_cast<double>(high * 67108864 + low) / 9007199254740992.0;
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(uniform() * static_cast<double>(n)); }
  /// Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

 private:
  std::uint64_t word() { return random_word(key_, trial_, next_++); }
  RandomKey key_;
  std::uint64_t trial_, next_ = 0;
};

/// Streams of the oracles, above those of layers and shuffles.
enum class OracleStream : std::uint32_t {
  random = 0x0A0,
  hyperband,
  asha,
  tpe,
  bayesian,
  cma_es,
  population,
  evolution,
  scalarization,
  fill,
  bayesian_start
};

inline Draw draw_for(std::uint64_t seed, OracleStream stream, std::size_t trial) {
  return {seed, static_cast<std::uint32_t>(stream), trial};
}

}  // namespace lehr
