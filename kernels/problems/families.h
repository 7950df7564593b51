// families.h: every family of operations as problems can name it. To add one: a maker in kernels/problems/FAMILY.cpp, its line in
// families.cpp, lists in tests/problems/FAMILY/.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/problems/case.h"

namespace lehr::check {

struct Family {
  std::string_view name;  ///< the header's: conv2d, matmul
  std::string_view keys;  ///< that a problem may have, with blanks between
  Case (*make)(const Problem&, Backend&);
  /// What a check multiplies a problem by: of every axis each alternative that names no key of the problem itself.
  std::vector<std::vector<std::string_view>> axes = {};
  /// False for a combination that this backend does not offer.
  bool (*offered)(const Problem&, Backend&) = nullptr;
};

const std::vector<Family>& families();
/// Throws Error{usage} with all names.
const Family& family_of(std::string_view name);

/// The problem's case; throws Error{usage} for an unknown key.
Case make_case(const Family& family, const Problem& problem, Backend& backend);

/// The problem in all combinations of the family's axes.
std::vector<Problem> variations(const Family& family, const Problem& problem, Backend& backend);

}  // namespace lehr::check
