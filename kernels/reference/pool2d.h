// pool2d.h: pooling and its gradient in float64, by its definition. Global pooling is one window over the whole image.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kernels/pool2d.h"
#include "kernels/reference/sums.h"

namespace lehr::reference {

/// visit(y index, x indices of the window's real cells in row-major order, their places in the window)
template <class Visit>
void for_windows(const Pool2dShape& s, const Visit& visit) {
  std::vector<std::size_t> cells;
  std::vector<std::int64_t> places;
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t p = 0; p < s.out_height(); ++p)
      for (std::int64_t q = 0; q < s.out_width(); ++q)
        for (std::int64_t c = 0; c < s.channels; ++c) {
          cells.clear();
          places.clear();
          for (std::int64_t r = 0; r < s.kernel_h; ++r)
            for (std::int64_t t = 0; t < s.kernel_w; ++t) {
              const std::int64_t h = p * s.stride_h + r - s.pad_top, w = q * s.stride_w + t - s.pad_left;
              if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
              cells.push_back(static_cast<std::size_t>(((n * s.height + h) * s.width + w) * s.channels + c));
              places.push_back(r * s.kernel_w + t);
            }
          visit(static_cast<std::size_t>(((n * s.out_height() + p) * s.out_width() + q) * s.channels + c), cells, places);
        }
}

/// The first maximum of a window.
inline std::size_t winner(const std::vector<double>& x, const std::vector<std::size_t>& cells) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < cells.size(); ++i)
    if (x[cells[i]] > x[cells[best]]) best = i;
  return best;
}

struct Pooled {
  Sums y;
  std::vector<double> index;  ///< place of the maximum in its window
};
inline Pooled pool2d(const Pool2dShape& s, Pooling pooling, const std::vector<double>& x) {
  const std::int64_t outputs = s.batch * s.out_height() * s.out_width() * s.channels;
  Pooled out{zeros(outputs), std::vector<double>(static_cast<std::size_t>(outputs))};
  for_windows(s, [&](std::size_t y, const auto& cells, const auto& places) {
    if (pooling == Pooling::max) {
      const std::size_t best = winner(x, cells);
      out.y.value[y] = x[cells[best]];
      out.index[y] = static_cast<double>(places[best]);
      return;
    }
    for (const std::size_t cell : cells) add(out.y, y, x[cell] / static_cast<double>(cells.size()));
  });
  return out;
}

inline Sums pool2d_backward(const Pool2dShape& s, Pooling pooling, const std::vector<double>& x, const std::vector<double>& dy) {
  Sums dx = zeros(s.batch * s.height * s.width * s.channels);
  for_windows(s, [&](std::size_t y, const auto& cells, const auto&) {
    if (pooling == Pooling::max)
      add(dx, cells[winner(x, cells)], dy[y]);
    else
      for (const std::size_t cell : cells) add(dx, cell, dy[y] / static_cast<double>(cells.size()));
  });
  return dx;
}

}  // namespace lehr::reference
