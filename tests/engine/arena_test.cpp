#include "engine/arena.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using namespace lehr;

namespace {

bool overlap(const ArenaBlock& a, const ArenaBlock& b) {
  const bool at_once = a.first <= b.last && b.first <= a.last;
  return at_once && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

/// The most bytes that are alive during one operation: no arena can be smaller.
std::size_t peak(const std::vector<ArenaBlock>& blocks) {
  std::size_t most = 0;
  for (const auto& at : blocks) {
    std::size_t sum = 0;
    for (const auto& b : blocks)
      if (b.first <= at.first && at.first <= b.last) sum += b.bytes;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("arena: blocks that live together lie apart, aligned, inside the total; the total is near what must be") {
  std::mt19937 random(5);
  const auto draw = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  double worst = 1;
  for (int round = 0; round < 300; ++round) {
    std::vector<ArenaBlock> blocks(static_cast<std::size_t>(draw(1, 40)));
    for (auto& b : blocks) {
      b.bytes = static_cast<std::size_t>(draw(0, 3) == 0 ? draw(1, 100'000) : draw(1, 500));
      b.first = draw(0, 30);
      b.last = b.first + (draw(0, 4) == 0 ? draw(0, 30) : draw(0, 3));
    }
    const std::size_t alignment = std::size_t{1} << draw(0, 9), total = assign_offsets(blocks, alignment);
    std::size_t sum = 0;
    for (std::size_t a = 0; a < blocks.size(); ++a) {
      REQUIRE(blocks[a].offset % alignment == 0);
      REQUIRE(blocks[a].offset + blocks[a].bytes <= total);
      sum += (blocks[a].bytes + alignment - 1) / alignment * alignment;
      for (std::size_t b = 0; b < a; ++b) REQUIRE(!overlap(blocks[a], blocks[b]));
    }
    CHECK(total <= sum);
    if (alignment == 1) worst = std::max(worst, static_cast<double>(total) / static_cast<double>(peak(blocks)));
  }
  CHECK(worst < 1.35);
  MESSAGE("arena: at worst ", worst, " of the most that lives at once");
}

TEST_CASE("arena: a chain needs two buffers, a fork three, nothing none") {
  std::vector<ArenaBlock> chain;
  for (int i = 0; i < 10; ++i) chain.push_back({.bytes = 64, .first = i, .last = i + 1});
  CHECK(assign_offsets(chain, 64) == 128);
  std::vector<ArenaBlock> fork{
      {.bytes = 64, .first = 0, .last = 3}, {.bytes = 64, .first = 1, .last = 2}, {.bytes = 64, .first = 2, .last = 3}};
  CHECK(assign_offsets(fork, 64) == 192);
  CHECK(assign_offsets(std::span<ArenaBlock>{}, 64) == 0);
  std::vector<ArenaBlock> empty{{.bytes = 0, .first = 0, .last = 5}, {.bytes = 10, .first = 0, .last = 5}};
  CHECK(assign_offsets(empty, 64) == 64);
}
