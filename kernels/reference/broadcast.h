// broadcast.h: arithmetic with repeated axes in float64, cell by cell.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kernels/broadcast.h"
#include "kernels/reference/sums.h"

namespace lehr::reference {

inline std::size_t place(const std::array<std::int64_t, 3>& shape, std::int64_t i, std::int64_t j, std::int64_t k) {
  return static_cast<std::size_t>(((shape[0] == 1 ? 0 : i) * shape[1] + (shape[1] == 1 ? 0 : j)) * shape[2] + (shape[2] == 1 ? 0 : k));
}

/// visit(y index, a index, b index)
template <class Visit>
void for_cells(const BroadcastSpec& s, const Visit& visit) {
  const auto y = s.y();
  for (std::int64_t i = 0; i < y[0]; ++i)
    for (std::int64_t j = 0; j < y[1]; ++j)
      for (std::int64_t k = 0; k < y[2]; ++k) visit(place(y, i, j, k), place(s.a, i, j, k), place(s.b, i, j, k));
}

inline double binary(BinaryFunction f, double a, double b) {
  switch (f) {
    case BinaryFunction::add:
      return a + b;
    case BinaryFunction::subtract:
      return a - b;
    case BinaryFunction::multiply:
      return a * b;
    case BinaryFunction::divide:
      return a / b;
    case BinaryFunction::maximum:
      return std::fmax(a, b);
    case BinaryFunction::minimum:
      return std::fmin(a, b);
    default:
      return a >= 0 ? a : a * b;
  }
}

inline std::vector<double> broadcast(const BroadcastSpec& s, const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> y(static_cast<std::size_t>(s.count()));
  for_cells(s, [&](std::size_t at, std::size_t x, std::size_t z) { y[at] = binary(s.function, a[x], b[z]); });
  return y;
}

/// df/da and df/db
inline std::array<double, 2> slopes(BinaryFunction f, double a, double b) {
  switch (f) {
    case BinaryFunction::add:
      return {1, 1};
    case BinaryFunction::subtract:
      return {1, -1};
    case BinaryFunction::multiply:
      return {b, a};
    case BinaryFunction::divide:
      return {1 / b, -a / b / b};
    case BinaryFunction::maximum:
      return {a >= b ? 1.0 : 0.0, a >= b ? 0.0 : 1.0};
    case BinaryFunction::minimum:
      return {a <= b ? 1.0 : 0.0, a <= b ? 0.0 : 1.0};
    default:
      return {a > 0 ? 1 : a < 0 ? b : 0, a < 0 ? a : 0};
  }
}

inline Sums broadcast_backward(const BroadcastSpec& s, bool of_b, const std::vector<double>& a, const std::vector<double>& b,
                               const std::vector<double>& dy) {
  Sums out = zeros(static_cast<std::int64_t>(of_b ? b.size() : a.size()));
  for_cells(s, [&](std::size_t y, std::size_t x, std::size_t z) {
    add(out, of_b ? z : x, dy[y] * slopes(s.function, a[x], b[z])[of_b ? 1 : 0]);
  });
  return out;
}

}  // namespace lehr::reference
