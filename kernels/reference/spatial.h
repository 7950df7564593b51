// spatial.h: placing, resizing and exchanging axes in float64, cell by cell.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/reference/sums.h"
#include "kernels/spatial.h"

namespace lehr::reference {

inline std::vector<double> place2d(const Place2dSpec& s, const std::vector<double>& x) {
  std::vector<double> y;
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t p = 0; p < s.out_height; ++p)
      for (std::int64_t q = 0; q < s.out_width; ++q)
        for (std::int64_t c = 0; c < s.channels; ++c) {
          const std::int64_t i = p + s.top, j = q + s.left;
          const bool inside = i >= 0 && i < s.height && j >= 0 && j < s.width;
          y.push_back(inside ? x[static_cast<std::size_t>(((n * s.height + i) * s.width + j) * s.channels + c)] : 0);
        }
  return y;
}

/// The share that input i has in output p of an axis.
inline double share(std::int64_t n, std::int64_t outputs, bool bilinear, std::int64_t p, std::int64_t i) {
  const double centre = (static_cast<double>(p) + 0.5) * static_cast<double>(n) / static_cast<double>(outputs);
  if (!bilinear) return i == std::min(static_cast<std::int64_t>(centre), n - 1) ? 1 : 0;
  const double at = std::clamp(centre - 0.5, 0.0, static_cast<double>(n - 1));
  return std::max(0.0, 1 - std::abs(at - static_cast<double>(i)));
}

/// visit(y index, x index, weight) of one image's pixels; channels and samples repeat them.
template <class Visit>
void for_shares(const Resize2dSpec& s, const Visit& visit) {
  for (std::int64_t p = 0; p < s.out_height; ++p)
    for (std::int64_t i = 0; i < s.height; ++i) {
      const double row = share(s.height, s.out_height, s.bilinear, p, i);
      if (row == 0) continue;
      for (std::int64_t q = 0; q < s.out_width; ++q)
        for (std::int64_t j = 0; j < s.width; ++j)
          if (const double both = row * share(s.width, s.out_width, s.bilinear, q, j); both != 0)
            visit(p * s.out_width + q, i * s.width + j, both);
    }
}

inline Sums resize2d(const Resize2dSpec& s, const std::vector<double>& x, bool backward = false) {
  const std::int64_t inputs = s.height * s.width, outputs = s.out_height * s.out_width;
  Sums y = zeros(s.batch * (backward ? inputs : outputs) * s.channels);
  for_shares(s, [&](std::int64_t out, std::int64_t in, double weight) {
    for (std::int64_t n = 0; n < s.batch; ++n)
      for (std::int64_t c = 0; c < s.channels; ++c) {
        const auto to = static_cast<std::size_t>((n * outputs + out) * s.channels + c),
                   from = static_cast<std::size_t>((n * inputs + in) * s.channels + c);
        backward ? add(y, from, x[to] * weight) : add(y, to, x[from] * weight);
      }
  });
  return y;
}

inline std::vector<double> permute(const PermuteSpec& s, const std::vector<double>& x) {
  std::vector<double> y(x.size());
  for (std::size_t at = 0; at < x.size(); ++at) {
    std::array<std::int64_t, PermuteSpec::most> index{};
    auto rest = static_cast<std::int64_t>(at);
    for (std::size_t k = s.rank; k-- > 0; rest /= s.extents[k]) index[k] = rest % s.extents[k];
    std::int64_t to = 0;
    for (std::size_t k = 0; k < s.rank; ++k) to = to * s.extents[s.order[k]] + index[s.order[k]];
    y[static_cast<std::size_t>(to)] = x[at];
  }
  return y;
}

}  // namespace lehr::reference
