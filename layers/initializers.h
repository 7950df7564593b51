// initializers.h: starting values of weights. Meaning: keras.initializers; random bits: Philox of (seed, weight number, element).
#pragma once

#include <cstdint>

#include "engine/state.h"
#include "kernels/philox.h"

namespace lehr {

enum class InitializerKind : std::uint8_t {
  zeros,
  ones,
  constant,
  glorot_uniform,
  glorot_normal,
  he_uniform,
  he_normal,
  lecun_uniform,
  lecun_normal,
  random_normal,
  random_uniform,
  truncated_normal,
  orthogonal,
  variance_scaling
};
enum class FanMode : std::uint8_t { fan_in, fan_out, fan_avg };
enum class ScalingDistribution : std::uint8_t { truncated_normal, untruncated_normal, uniform };

/// a, b: constant a; random_normal and truncated_normal mean a, stddev b; random_uniform minval a, maxval b; orthogonal gain a;
/// variance_scaling scale a, of the fans and from the distribution named.
struct Initializer {
  InitializerKind kind = InitializerKind::glorot_uniform;
  double a = 0, b = 0;
  FanMode mode = FanMode::fan_in;
  ScalingDistribution distribution = ScalingDistribution::truncated_normal;
  friend bool operator==(const Initializer&, const Initializer&) = default;
};

inline constexpr Initializer zeros{.kind = InitializerKind::zeros};
inline constexpr Initializer ones{.kind = InitializerKind::ones};
inline constexpr Initializer glorot_uniform{.kind = InitializerKind::glorot_uniform};
inline constexpr Initializer he_normal{.kind = InitializerKind::he_normal};
inline constexpr Initializer he_uniform{.kind = InitializerKind::he_uniform};

/// Inputs and outputs that a weight connects: dense (in, out), convolution (h, w, in, out) times the window, one axis n: both n.
struct Fans {
  double in = 1, out = 1;
};
Fans fans_of(const Shape& shape);

void initialize(State& state, std::size_t index, const Initializer& initializer, RandomKey key);

}  // namespace lehr
