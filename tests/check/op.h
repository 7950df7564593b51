// op.h: what a test of a kernel needs: guarded memory (kernels/problems/guarded.h) and findings as doctest's failures.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "kernels/problems/check.h"
#include "kernels/problems/guarded.h"

namespace lehr::check {

/// One line for the log, a failure where more than the tolerance is used.
inline void report(const std::string& what, const Worst& worst) {
  INFO(what << ": element " << worst.index << " is " << worst.got << ", expected " << worst.want << " (" << 100 * worst.used
            << " % of the tolerance)");
  CHECK(worst.used <= 1);
}

}  // namespace lehr::check
