// gather.h: rows of a data set in float64, by definition.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/gather.h"

namespace lehr::reference {

/// `order` may be empty: rows as they lie.
inline std::vector<double> gather(const GatherSpec& s, const std::vector<double>& x, const std::vector<double>& order, std::int64_t first) {
  const auto number = [](const std::vector<double>& v, std::int64_t c, double otherwise) {
    return v.empty() ? otherwise : v[v.size() == 1 ? 0 : static_cast<std::size_t>(c)];
  };
  std::vector<double> y;
  for (std::int64_t i = 0; i < s.batch; ++i) {
    const std::int64_t row = order.empty() ? first + i : static_cast<std::int64_t>(order[static_cast<std::size_t>(first + i)]);
    for (std::int64_t e = 0; e < s.elements; ++e) {
      const std::int64_t c = e % s.channels, from = s.bgr ? e - c + s.channels - 1 - c : e;
      y.push_back(x[static_cast<std::size_t>(row * s.elements + from)] * number(s.scale, c, 1) + number(s.offset, c, 0));
    }
  }
  return y;
}

}  // namespace lehr::reference
