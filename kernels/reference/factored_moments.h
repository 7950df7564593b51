// factored_moments.h: one step of Adafactor's second moments (Shazeer and Stern 2018, algorithm 4, lines 4 to 7) of one matrix.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace lehr::reference {

struct FactoredMatrix {
  std::size_t rows = 1, columns = 1;
  std::vector<double> g, r, c;  ///< gradient by rows; means of rows and of columns
};
/// V is R C^T / (1^T R) with sums; with means that is r c^T / mean(r).
inline void factored_moments(FactoredMatrix& m, double b, double epsilon) {
  double mean = 0;
  for (std::size_t i = 0; i < m.rows; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < m.columns; ++j) sum += m.g[i * m.columns + j] * m.g[i * m.columns + j] + epsilon;
    m.r[i] = b * m.r[i] + (1 - b) * sum / static_cast<double>(m.columns);
    mean += m.r[i] / static_cast<double>(m.rows);
  }
  for (std::size_t j = 0; j < m.columns; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < m.rows; ++i) sum += m.g[i * m.columns + j] * m.g[i * m.columns + j] + epsilon;
    m.c[j] = b * m.c[j] + (1 - b) * sum / static_cast<double>(m.rows);
  }
  for (std::size_t i = 0; i < m.rows; ++i)
    for (std::size_t j = 0; j < m.columns; ++j) m.g[i * m.columns + j] /= std::sqrt(m.r[i] * m.c[j] / mean);
}

}  // namespace lehr::reference
