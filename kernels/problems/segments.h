// segments.h: how problems cut an arena into tensors.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/optimizer_step.h"

namespace lehr::check {

/// The arena cut into `count` tensors of uneven length with gaps of up to 15 between them; every other one decays, every third learns
/// at a quarter of the rate.
inline std::vector<Segment> segments_of(std::int64_t elements, std::int64_t count) {
  std::vector<Segment> segments;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = elements * i * i / (count * count), end = elements * (i + 1) * (i + 1) / (count * count);
    const std::int64_t gap = i + 1 == count ? 0 : std::min<std::int64_t>(15, (end - begin) / 4);
    segments.push_back({.offset = begin, .count = end - begin - gap, .decays = i % 2 == 0, .rate_factor = i % 3 == 2 ? 0.25F : 1.0F});
  }
  return segments;
}

}  // namespace lehr::check
