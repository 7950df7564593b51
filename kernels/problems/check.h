// check.h: a problem against float64, and the promises that every kernel makes: it writes its results wholly and nothing else, and gives
// the same bits again, for any number of threads.
#pragma once

#include <string>
#include <vector>

#include "kernels/problems/families.h"

namespace lehr::check {

struct Finding {
  std::string problem, pass, result;
  DType dtype = DType::f32;         ///< of the result
  Worst worst;                      ///< 1: all of the tolerance
  std::vector<std::string> broken;  ///< promises not kept, in words
  bool holds() const { return worst.used <= 1 && broken.empty(); }
  std::string text() const;  ///< one line
};

/// All passes of one problem on a CPU of two threads, again, and on one and three threads.
std::vector<Finding> check_problem(const Family& family, const Problem& problem);
/// What became of a family's lists that are there for correctness, in all variations; on a CPU also with other numbers of threads.
struct FamilyCheck {
  std::size_t problems = 0, results = 0;
  Finding worst;                  ///< that used most of its tolerance, bfloat16 results aside
  std::vector<Finding> failures;  ///< those that do not hold
};
FamilyCheck check_family(const Family& family, Backend& backend);

/// The same as check_problem on any backend, without a word on threads.
std::vector<Finding> check_problem(const Family& family, const Problem& problem, Backend& backend);

}  // namespace lehr::check
