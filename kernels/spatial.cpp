#include "kernels/spatial.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

#include "kernels/error.h"

namespace lehr {
namespace {

void check_sizes(const char* where, std::initializer_list<std::int64_t> sizes) {
  if (std::min(sizes) < 1)
    throw Error({.category = Category::usage, .where = where, .what = "sizes must be positive", .got = std::to_string(std::min(sizes))});
}

}  // namespace

void verify(const Place2dSpec& s) { check_sizes("place2d", {s.height, s.width, s.channels, s.out_height, s.out_width}); }
void verify(const Resize2dSpec& s) { check_sizes("resize2d", {s.height, s.width, s.channels, s.out_height, s.out_width}); }
void verify(const PermuteSpec& s) {
  std::array<bool, PermuteSpec::most> seen{};
  bool fits = s.rank >= 1 && s.rank <= PermuteSpec::most;
  for (std::size_t k = 0; fits && k < s.rank; ++k) {
    fits = s.order[k] < s.rank && !seen[s.order[k]];
    if (fits) seen[s.order[k]] = true;
  }
  if (!fits) throw Error({.category = Category::usage, .where = "permute", .what = "the order names each of 1 to 6 axes once"});
}

std::vector<ResizeTap> resize_taps(std::int64_t inputs, std::int64_t outputs, bool bilinear) {
  std::vector<ResizeTap> taps(static_cast<std::size_t>(outputs));
  const float scale = static_cast<float>(inputs) / static_cast<float>(outputs);
  for (std::int64_t p = 0; p < outputs; ++p) {
    const float centre = (static_cast<float>(p) + 0.5F) * scale;
    auto& tap = taps[static_cast<std::size_t>(p)];
    if (!bilinear) {
      tap.a = tap.b = std::min(static_cast<std::int64_t>(std::floor(centre)), inputs - 1);
      continue;
    }
    const float at = centre - 0.5F, low = std::floor(at);
    tap = {.a = std::max<std::int64_t>(static_cast<std::int64_t>(low), 0),
           .b = std::min<std::int64_t>(static_cast<std::int64_t>(low) + 1, inputs - 1),
           .weight = at - low};
  }
  return taps;
}

ResizeReaders resize_readers(const std::vector<ResizeTap>& taps, std::int64_t inputs) {
  std::vector<std::vector<ResizeReader>> of(static_cast<std::size_t>(inputs));
  for (std::size_t p = 0; p < taps.size(); ++p) {
    const auto& t = taps[p];
    of[static_cast<std::size_t>(t.a)].push_back({static_cast<std::int64_t>(p), 1 - t.weight});
    if (t.weight != 0) of[static_cast<std::size_t>(t.b)].push_back({static_cast<std::int64_t>(p), t.weight});
  }
  ResizeReaders readers;
  for (const auto& one : of) {
    readers.begin.push_back(static_cast<std::int64_t>(readers.all.size()));
    readers.all.insert(readers.all.end(), one.begin(), one.end());
  }
  readers.begin.push_back(static_cast<std::int64_t>(readers.all.size()));
  return readers;
}

PermuteStrides permute_strides(const PermuteSpec& spec) {
  PermuteStrides of;
  std::array<std::int64_t, PermuteSpec::most> strides{};
  for (std::size_t i = spec.rank, stride = 1; i-- > 0; stride *= static_cast<std::size_t>(spec.extents[i]))
    strides[i] = static_cast<std::int64_t>(stride);
  for (std::size_t k = 0; k < spec.rank; ++k) {
    of.extents[k] = spec.extents[spec.order[k]];
    of.strides[k] = strides[spec.order[k]];
    of.count *= of.extents[k];
  }
  return of;
}

}  // namespace lehr
