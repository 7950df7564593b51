// combination.h: what the callbacks of a run do to each other, said before it starts.
#pragma once

#include <string>
#include <vector>

#include "tune/callback.h"

namespace lehr {

struct CombinationContext {
  std::int64_t epochs = 0;
  bool scheduled = false;  ///< the optimizer's rate follows a schedule
  bool validates = false;
};

/// A sentence for each pair that defeats the other: a plateau that never acts because the run stops before, changes that count for one and
/// not for the other, a schedule and a plateau on one rate, a checkpoint that nobody reads, a patience longer than the run.
std::vector<std::string> combination_warnings(const std::vector<CallbackSpec>& callbacks, const CombinationContext& context);

}  // namespace lehr
