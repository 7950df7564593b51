// arena.h: offsets for blocks with known lifetimes, so that blocks which are never alive together share memory.
#pragma once

#include <cstddef>
#include <span>

namespace lehr {

struct ArenaBlock {
  std::size_t bytes = 0;
  int first = 0, last = 0;  ///< alive during operations first..last, both included
  std::size_t offset = 0;   ///< result
};

/// Greedy by size: the largest block first, each at the lowest offset where no living neighbour is (Pisarchyk and Lee,
/// "Efficient memory management for deep neural net inference", 2020). Returns the arena's size; offsets are multiples of `alignment`.
std::size_t assign_offsets(std::span<ArenaBlock> blocks, std::size_t alignment);

}  // namespace lehr
