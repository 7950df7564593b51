// parallel.h: work cut into chunks of fixed size, so that results do not depend on the number of threads; and clones for wider vectors.
#pragma once

#include <cstdint>

#include "kernels/cpu.h"

// A hot loop is compiled for each level of the instruction set and chosen when the program is loaded. Sanitizers instrument the
// resolver, which runs before their runtime is ready, so their builds keep one version.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(LEHR_SANITIZED)
#define LEHR_SIMD [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]] [[gnu::flatten]]
#else
#define LEHR_SIMD
#endif

namespace lehr {

constexpr std::int64_t chunks_of(std::int64_t count, std::int64_t chunk) { return (count + chunk - 1) / chunk; }

/// body(chunk index, begin, end) for every chunk of [0, count). It must not throw. One chunk runs on the caller, without a parallel region.
template <class Body>
void for_chunks(const Cpu& cpu, std::int64_t count, std::int64_t chunk, const Body& body) {
  const std::int64_t chunks = chunks_of(count, chunk);
  if (chunks <= 1 || cpu.threads() == 1) {
    for (std::int64_t i = 0; i < chunks; ++i) body(i, i * chunk, (i + 1) * chunk < count ? (i + 1) * chunk : count);
    return;
  }
#pragma omp parallel for num_threads(cpu.threads()) schedule(static)
  for (std::int64_t i = 0; i < chunks; ++i) body(i, i * chunk, (i + 1) * chunk < count ? (i + 1) * chunk : count);
}

}  // namespace lehr
