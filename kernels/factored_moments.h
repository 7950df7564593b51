// factored_moments.h: Adafactor's second moments (Shazeer and Stern 2018): of a matrix only the means of rows and columns are kept.
// With b = row.a and q = g^2 + epsilon, for each of `matrices` matrices [rows, columns]:
//   r <- b*r + (1-b)*mean_columns q;   c <- b*c + (1-b)*mean_rows q;   v = r c^T / mean(r);   g <- g/sqrt(v)
// not factored (vectors):  v <- b*v + (1-b)*q;  g <- g/sqrt(v)
// Nothing changes where counters->stop is set or the step only accumulates (row.apply = 0).
// Shapes  g [matrices, rows, columns] f32, in place; moments f32: r [matrices, rows], then c [matrices, columns]; not factored v [rows*columns]
// Order  fixed, any number of threads      Sums  f64      Meaning  keras.optimizers.Adafactor
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

struct FactoredMomentsSpec {
  std::int64_t matrices = 1, rows = 1, columns = 1;
  bool factored = true;
  float epsilon = 1e-30F;
  std::int64_t moments() const { return factored ? matrices * (rows + columns) : matrices * rows * columns; }
};
struct FactoredMoments {
  virtual ~FactoredMoments() = default;
  virtual void run(View g, View moments, const StepRow* table, const StepCounters* counters, Stream& stream) = 0;
};
std::unique_ptr<FactoredMoments> make_on(Cpu&, const FactoredMomentsSpec&);
std::unique_ptr<FactoredMoments> make_on(Cuda&, const FactoredMomentsSpec&);

}  // namespace lehr
