// step_bench.h: the time of a whole training step of a known network, data in memory, with the floor that the machine sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/precision.h"
#include "kernels/backend.h"

namespace lehr {

struct StepBench {
  std::string net = {};    ///< vgg16 (100x100x3, GAP, 1024, 256, 62), cifar (16.1 with relu, 32x32x3), mlp (784-320-10)
  std::int64_t batch = 0;  ///< 0: 32; cifar 128
  std::int64_t steps = 0;  ///< 0: as many as fit
  double seconds = 10;
  Precision precision = Precision::float32;
  bool operations = false;  ///< time each operation of the step as well, in steps of their own
};
struct OperationTime {
  std::string name = {}, layer = {};
  double median_s = 0, flops = 0, bytes = 0;  ///< bytes it reads and writes
  double alone_s = 0;                         ///< convolutions: the median of runs one after the other, nothing between them; else 0
};
struct StepBenchResult {
  std::int64_t batch = 0, steps = 0;
  double median_s = 0, min_s = 0, flop_per_step = 0;
  double floor_s = 0;  ///< max(flops over measured peak, parameter traffic of Adam over measured bandwidth at that working set)
  std::vector<OperationTime> operations = {};  ///< in the order they run
  double convolutions_alone_s = 0;             ///< the sum of their alone_s
};
StepBenchResult run_step_bench(const StepBench& bench, Backend& backend);

}  // namespace lehr
