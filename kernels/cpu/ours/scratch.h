// scratch.h: pieces of a workspace: shared parts first, then one part a thread.
#pragma once

#include <omp.h>

#include <cstddef>
#include <cstdint>

#include "kernels/view.h"

namespace lehr::ours {

/// In floats; every part starts on a cache line.
constexpr std::int64_t whole_lines(std::int64_t floats) { return (floats + 15) / 16 * 16; }

struct Scratch {
  std::int64_t shared = 0, per_thread = 0;
  int threads = 1;

  std::size_t bytes() const { return static_cast<std::size_t>(whole_lines(shared) + whole_lines(per_thread) * threads) * sizeof(float); }
  static float* shared_part(View workspace) { return static_cast<float*>(workspace.data); }
  float* own_part(View workspace) const {
    return static_cast<float*>(workspace.data) + whole_lines(shared) + whole_lines(per_thread) * omp_get_thread_num();
  }
};

}  // namespace lehr::ours
