// scores.h: trials as numbers to minimize, and which of them no other beats.
#pragma once

#include "tune/oracles/oracle.h"

namespace lehr {

struct Scored {
  const Trial* trial = nullptr;
  double loss = 0;  ///< smaller is better
};

/// Complete trials with finite values, by number. Several objectives become one number by ParEGO's augmented Chebyshev sum (Knowles 2006) of
/// ranges scaled to [0, 1], with weights drawn anew for every proposal, so that the whole front is visited.
std::vector<Scored> scored(const Question& question);

/// Complete trials of which no other is at least as good everywhere and better somewhere; by number.
std::vector<const Trial*> pareto_front(std::span<const Trial> trials, const std::vector<bool>& maximize);

/// The best complete trial by the first objective; NaN never is. Null where there is none.
const Trial* best_trial(std::span<const Trial> trials, const std::vector<bool>& maximize);

}  // namespace lehr
