// random.h: random words by the hundred: those of random_word in their order, sixteen blocks side by side so that they fill vectors (half
// the time of one block after the other).
#pragma once

#include <cstdint>

#include "kernels/philox.h"

namespace lehr {

/// Words that random_words makes in one go.
constexpr std::int64_t word_run = 256;

/// words[i] = random_word(key, step, first + i) for i < word_run; `first` is a multiple of 4. Call it from a LEHR_SIMD function.
inline void random_words(RandomKey key, std::uint64_t step, std::int64_t first, std::uint32_t* words) {
  constexpr int lanes = 16;
  for (std::int64_t at = 0; at < word_run; at += 4 * lanes) {
    const auto block = static_cast<std::uint64_t>(first + at) / 4;
    std::uint32_t plane[4][lanes];
#pragma omp simd
    for (int l = 0; l < lanes; ++l) {
      const Philox4 made = random_block(key, step, block + static_cast<std::uint64_t>(l));
      plane[0][l] = made.v[0];
      plane[1][l] = made.v[1];
      plane[2][l] = made.v[2];
      plane[3][l] = made.v[3];
    }
    for (int l = 0; l < lanes; ++l)
      for (int j = 0; j < 4; ++j) words[at + 4 * l + j] = plane[j][l];
  }
}

}  // namespace lehr
