// family.h: all problems of a family against float64.
#pragma once

#include <string>

#include "kernels/problems/check.h"
#include "tests/check/op.h"

namespace lehr::check {

/// One failure a finding, and one line on how much of the tolerance was used.
inline void family(std::string_view name) {
  Cpu cpu(2);
  const FamilyCheck checked = check_family(family_of(name), cpu);
  for (const Finding& f : checked.failures) FAIL_CHECK(f.text());
  CHECK(checked.problems > 0);
  MESSAGE(name, ": ", checked.results, " results of ", checked.problems, " problems; the worst: ", checked.worst.text());
}

/// The gradient that a reference's backward gives against central differences of its forward, both in float64.
/// objective(x): sum of outputs times their gradients.
template <class Objective>
void gradient(const std::string& what, const Objective& objective, std::vector<double> x, const std::vector<double>& got, double h = 1e-6) {
  REQUIRE(got.size() == x.size());
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + h;
    const double above = objective(x);
    x[i] = kept - h;
    const double below = objective(x);
    x[i] = kept;
    const double want = (above - below) / (2 * h), used = std::abs(got[i] - want) / (1e-6 + 1e-6 * std::abs(want));
    if (used > worst.used) worst = {used, i, got[i], want};
  }
  report(what, worst);
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace lehr::check
