// element.h: comparison of element-wise kernels with float64, finite differences, and repeatability over runs and threads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/make.h"
#include "tests/check/op.h"

namespace lehr::check {

struct Bound {
  double relative = 0, absolute = 0;
};
/// One rounding of the result to its type after a few in float32; `factor` leaves room for longer computations.
inline Bound rounding(DType dtype, double factor = 1) {
  return dtype == DType::bf16 ? Bound{0.004 * factor, 1e-4 * factor} : Bound{1e-6 * factor, 1e-7 * factor};
}

inline void agree(const std::string& what, const std::vector<double>& got, const std::vector<double>& want, Bound bound) {
  report(what, compare(got, want, [&](std::size_t i) { return bound.absolute + bound.relative * std::abs(want[i]) + 1e-300; }));
}

/// d f / d x[i] by central differences, in double.
inline std::vector<double> finite_differences(const std::function<double(const std::vector<double>&)>& f, std::vector<double> x,
                                              double h = 1e-6) {
  std::vector<double> gradient;
  for (double& v : x) {
    const double kept = v;
    v = kept + h;
    const double above = f(x);
    v = kept - h;
    const double below = f(x);
    v = kept;
    gradient.push_back((above - below) / (2 * h));
  }
  return gradient;
}

/// result(backend) -> Guarded: must leave the guards alone and give the same bits twice and for one, two and three threads.
template <class Result>
std::vector<double> same_for_all_threads(const std::string& what, const Result& result) {
  Cpu two(2);
  const Guarded first = result(two);
  CHECK_MESSAGE(first.guards_intact(), what, ": written outside its output");
  for (const int threads : {2, 1, 3}) {
    Cpu cpu(threads);
    CHECK_MESSAGE(result(cpu).bytes() == first.bytes(), what, ": other bits with ", threads, " threads");
  }
  return first.values();
}

}  // namespace lehr::check
