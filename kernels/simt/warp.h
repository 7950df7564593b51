// warp.h: what lanes of a warp do together.
#pragma once

#include <cstdint>

#include "kernels/simt/executor.h"

namespace lehr::simt {

/// The value of lane `source`; a Fault where that lane is not in the mask.
template <class T>
T shuffle(std::uint32_t mask, T value, int source, Site site) {
  struct Offer {
    T value, result;
    int source;
    bool missing;
  } mine{value, value, source, false};
  meet(
      mask, "a shuffle", &mine,
      [](void* const* payloads, std::uint32_t present) {
        for (int l = 0; l < 32; ++l) {
          if ((present >> l & 1U) == 0) continue;
          auto& one = *static_cast<Offer*>(payloads[l]);
          one.missing = one.source < 0 || one.source > 31 || (present >> one.source & 1U) == 0;
          if (!one.missing) one.result = static_cast<const Offer*>(payloads[one.source])->value;
        }
      },
      false, site);
  if (mine.missing) no_such_lane(source);
  return mine.result;
}

std::uint32_t ballot(std::uint32_t mask, bool yes, Site site);

/// Returns what was there. The access counts as atomic, not as the load and store it is made of.
template <class T, class Change>
__attribute__((noinline, no_sanitize("thread"))) T atomic(T* at, const Change& change) {
  check_access(at, sizeof(T), Access::atomic);
  T old, next;
  __builtin_memcpy(&old, at, sizeof old);
  next = static_cast<T>(change(old));
  __builtin_memcpy(at, &next, sizeof next);
  return old;
}

/// mma.sync.aligned.m16n8k16 (bf16) and m16n8k8 (tf32), row.col, f32 sums: d = a b + c, each lane with its part as the PTX manual lays it
/// out. Products are added in order of k in double and rounded once: the hardware's order is not documented.
void mma_m16n8k16_bf16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const float (&c)[4],
                       Site site = Site::current());
void mma_m16n8k8_tf32(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const float (&c)[4],
                      Site site = Site::current());

}  // namespace lehr::simt
