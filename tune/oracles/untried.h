// untried.h: points that no trial has had: random search without replacement, and what every other oracle falls back to.
#pragma once

#include <functional>

#include "tune/oracles/draw.h"
#include "tune/oracles/oracle.h"

namespace lehr {

/// Each active value uniform in its position, as KerasTuner's random_sample.
Values random_values(const Space& space, Draw& draw);

/// What `make` answers, asked again while the point is known; after 20 collisions one of the untried points of a finite space, or nothing
/// where all were tried. A space without end gets the last answer, known or not.
std::optional<Values> untried(const Question& question, Draw& draw, const std::function<Values()>& make);
std::optional<Values> untried(const Question& question, Draw& draw);

/// "18 of 18 done"
Exhausted all_done(const Question& question);

bool tried(const Question& question, const Values& values);

}  // namespace lehr
