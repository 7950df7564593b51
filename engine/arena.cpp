#include "engine/arena.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace lehr {

std::size_t assign_offsets(std::span<ArenaBlock> blocks, std::size_t alignment) {
  const auto aligned = [&](std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; };
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });

  std::vector<std::size_t> placed;  // by offset
  std::size_t total = 0;
  for (const std::size_t i : order) {
    std::size_t offset = 0;
    for (const std::size_t j : placed) {
      if (blocks[j].last < blocks[i].first || blocks[i].last < blocks[j].first) continue;
      if (offset + blocks[i].bytes <= blocks[j].offset) break;
      offset = std::max(offset, aligned(blocks[j].offset + blocks[j].bytes));
    }
    blocks[i].offset = offset;
    total = std::max(total, aligned(offset + blocks[i].bytes));
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), offset, [&](std::size_t value, std::size_t j) { return value < blocks[j].offset; }),
        i);
  }
  return total;
}

}  // namespace lehr
