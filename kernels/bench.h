// bench.h: how fast a problem runs, beside the least time this machine could need; and whether it is right.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/backend.h"
#include "kernels/problem.h"
#include "kernels/roofline.h"

namespace lehr {

/// What the device can do at best, by working set: what fits a cache has the cache's bandwidth as its roof. Measured when first asked for:
/// on a CPU arithmetic and a triad, on a GPU copies, beside the data sheet's arithmetic.
class Roof {
 public:
  explicit Roof(Backend& backend, double seconds = 0.1) : backend_(&backend), seconds_(seconds) {}
  double flops(DType dtype, bool tf32 = false);  ///< per second; 0 where nothing is known of such a GPU
  double bandwidth(double bytes);                ///< per second, of work that touches so many bytes again and again

 private:
  Backend* backend_;
  double seconds_;
  Roofline compute_ = {};
  std::map<std::size_t, double> bandwidths_;  ///< by powers of two
};

struct BenchRow {
  std::string family = {};
  std::string problem = {};  ///< its words, and which of its passes: pass=forward
  std::string variant = {};
  std::string device = {};
  double median_s = 0, fastest_s = 0;  ///< of one run; the second is the one to believe while other programs run
  double gflops = 0, roof_gflops = 0;  ///< 1e9 operations a second
  double gb_s = 0, roof_gb_s = 0;      ///< each operand counted once
  double roof_s = 0;                   ///< least time: operations over peak, or bytes over bandwidth
  double fraction_of_roof = 0;         ///< roof_s over the median
};

/// Names of all families, as `lehr bench kernels FAMILY` takes them.
std::vector<std::string> bench_families();
/// Throws Error{usage} with all names where this is none.
void check_family_name(std::string_view family);

/// A row a pass, of at least `seconds` and five rounds each. A word `pass=forward` takes that pass alone. Where the device records work, a
/// round is many runs by one recording, as inside a training step. Throws Error{usage} for an unknown family or key.
std::vector<BenchRow> bench_problem(Backend& backend, std::string_view family, const Problem& problem, Roof& roof, double seconds = 0.2);

/// The problem once for each implementation that its family has on this device; the problem itself where there is one, or where it names
/// its own.
std::vector<Problem> problem_by_variants(Backend& backend, std::string_view family, const Problem& problem);

/// What operands are where a problem does not say.
struct BenchPrecision {
  DType dtype = DType::f32;
  bool tf32 = false;  ///< float32 operands of convolutions and products are rounded to tf32
};
/// The problem with the words of its family that say so.
Problem problem_in(std::string_view family, const Problem& problem, const BenchPrecision& precision);

/// The family's lists that are there for speed, row by row; with `by_variants` all implementations of a problem side by side.
void bench_family(Backend& backend, std::string_view family, Roof& roof, double seconds, bool by_variants, const BenchPrecision& precision,
                  const std::function<void(const BenchRow&)>& row);

/// The family's lists that are there for correctness, against float64 references: how much of the tolerance the worst result used, and a
/// line for each that does not hold.
struct KernelCheck {
  std::size_t problems = 0, results = 0;
  double worst = 0;  ///< 1: all of the tolerance
  std::string worst_text = {};
  std::vector<std::string> failures = {};
};
KernelCheck check_kernels(std::string_view family, Backend& backend);

}  // namespace lehr
