// bench.h: how fast one problem runs, beside the least time this machine could need.
#pragma once

#include <string>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/problem.h"
#include "kernels/roofline.h"
#include "kernels/variant.h"

namespace lehr {

struct BenchRow {
  std::string family = {};     ///< conv2d, matmul
  std::string operation = {};  ///< forward, d_input, d_weights, pack; product
  std::string problem = {};
  std::string variant = {};
  std::string device = {};
  double median_s = 0, fastest_s = 0;  ///< of a round; the second is the one to believe while other programs run
  double gflops = 0;                   ///< 1e9 operations a second
  double gb_s = 0;                     ///< each operand counted once
  double fraction_of_roof = 0;         ///< max(operations over peak, bytes over bandwidth) over the median
};

struct BenchOptions {
  double seconds = 0.5;                                  ///< an operation, at least five rounds
  std::vector<Variant> variants = {Variant::automatic};  ///< for problems that name none
};

std::vector<BenchRow> bench_conv2d(Cpu& cpu, const Problem& problem, const Roofline& roof, const BenchOptions& options = {});
std::vector<BenchRow> bench_matmul(Cpu& cpu, const Problem& problem, const Roofline& roof, const BenchOptions& options = {});

}  // namespace lehr
