// overhead_bench.h: what a run costs beside its training: the same epochs with nothing but the steps, and with all that `lehr fit` does around
// them (callbacks, CSV, event file, history, progress bar, checkpoint of every epoch), in turns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tune/fit_job.h"

namespace lehr {

struct OverheadBench {
  std::string net = "mlp";   ///< mlp (784-320-10), cifar (16.1 with relu, 32x32x3)
  std::int64_t samples = 0;  ///< of an epoch; 0: 60,000, cifar 50,000
  std::int64_t epochs = 3;   ///< timed a turn, after one that is not
  int turns = 3;
  std::string folder = "overhead-bench";  ///< of the runs; gone afterwards
  FitJob job = {};                        ///< its device, precision, threads
};
struct EpochCost {
  double seconds = 0;
  double cpu_s = 0;  ///< of all threads and of processes that ended, in the program and in the kernel
};
struct OverheadResult {
  std::int64_t samples = 0, batch = 0;
  std::vector<EpochCost> bare = {}, full = {};  ///< of each epoch, from its beginning to the next one's
  /// Median full less median bare, of each turn: a machine whose clock moves between turns moves both.
  std::vector<EpochCost> added = {};
};
/// Medians, each by itself.
EpochCost median_cost(const std::vector<EpochCost>& epochs);
/// Samples are drawn at random: what they show costs nothing.
OverheadResult run_overhead_bench(const OverheadBench& bench);

}  // namespace lehr
