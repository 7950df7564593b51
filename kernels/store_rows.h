// store_rows.h: a batch's results into a table of all rows, so that the host reads them when all are there: gather's (gather.h) counterpart.
//   y[(counters->sample + i) mod rows, :] = x[i, :]
// Shapes   x [batch, elements] f32|bf16 or i32; y [rows, elements] f32 (i32 of i32)     Writes   =, other rows stay     Order  fixed
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/backend.h"
#include "kernels/step.h"

namespace lehr {

class Cpu;
class Cuda;

struct StoreRowsSpec {
  std::int64_t batch = 0, elements = 0;
  DType from = DType::f32;
};
struct StoreRows {
  virtual ~StoreRows() = default;
  /// y holds a whole number of rows, at least one.
  virtual void run(ConstView x, const StepCounters* counters, View y, Stream& stream) = 0;
};
std::unique_ptr<StoreRows> make_on(Cpu&, const StoreRowsSpec&);
std::unique_ptr<StoreRows> make_on(Cuda&, const StoreRowsSpec&);

}  // namespace lehr
