// philox.h: Philox4x32-10, a random function of (key, counter), the same bits on every device.
// Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011).
#pragma once

#include <array>
#include <cstdint>

#include "kernels/device_code.h"

namespace lehr {

struct Philox4 {
  std::uint32_t v[4];
};

LEHR_HD inline Philox4 philox4x32_10(std::uint32_t c0, std::uint32_t c1, std::uint32_t c2, std::uint32_t c3, std::uint32_t k0,
                                     std::uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = 0xD2511F53ULL * c0, p1 = 0xCD9E8D57ULL * c2;
    const auto h0 = static_cast<std::uint32_t>(p0 >> 32), l0 = static_cast<std::uint32_t>(p0);
    const auto h1 = static_cast<std::uint32_t>(p1 >> 32), l1 = static_cast<std::uint32_t>(p1);
    c0 = h1 ^ c1 ^ k0;
    c1 = l1;
    c2 = h0 ^ c3 ^ k1;
    c3 = l0;
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return {{c0, c1, c2, c3}};
}

/// Names one random sequence: which seed, which use of it (a dropout layer, an initial value, a shuffle).
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
};

/// Four words for elements 4*block .. 4*block+3 of step `step`.
LEHR_HD inline Philox4 random_block(RandomKey key, std::uint64_t step, std::uint64_t block) {
  return philox4x32_10(
      static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32) ^ (static_cast<std::uint32_t>(step >> 32) << 8U),
      static_cast<std::uint32_t>(step), key.stream, static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32));
}
LEHR_HD inline std::uint32_t random_word(RandomKey key, std::uint64_t step, std::uint64_t element) {
  return random_block(key, step, element / 4).v[element % 4];
}

/// [0, 1) with 24 bits, exact in float32.
LEHR_HD inline float uniform01(std::uint32_t word) { return static_cast<float>(word >> 8U) * (1.0F / 16777216.0F); }

}  // namespace lehr
