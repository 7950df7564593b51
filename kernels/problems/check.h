// check.h: a problem against float64, and the promises that every kernel makes: it writes its results wholly and nothing else, and gives
// the same bits again, for any number of threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/problems/families.h"

namespace lehr::check {

struct Finding {
  std::string problem, pass, result;
  DType dtype = DType::f32;          ///< of the result
  Worst worst;                       ///< 1: all of the tolerance
  std::vector<std::string> broken;   ///< promises not kept, in words
  std::optional<Worst> beside = {};  ///< the same against another backend's result, where that was asked for and there is one
  bool holds() const { return worst.used <= 1 && (!beside || beside->used <= 1) && broken.empty(); }
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
/// And each result against that of the CPU, which computes in float32 what a GPU may in tf32. Both may be off by the tolerance; where a result is
/// float32 or wider, they may be apart by no more than one of them from float64. Where the CPU has no such operation, as of those that only cuBLASLt
/// fuses, there is nothing beside.
std::vector<Finding> check_problem(const Family& family, const Problem& problem, Backend& backend, Cpu& cpu);

}  // namespace lehr::check
