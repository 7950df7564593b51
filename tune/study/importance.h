// importance.h: which values of a space decide the result: functional analysis of variance (Hutter, Hoos, Leyton-Brown, ICML 2014) over a
// random forest (Breiman 2001), with Optuna's defaults: 64 trees as deep as the data, every tree from a bootstrap sample.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tune/study/trial.h"

namespace lehr {

struct Importance {
  std::string name = {};
  double share = 0;      ///< of the result's variance over the whole space, by this value alone; 0 to 1
  double deviation = 0;  ///< between the trees
};

struct ImportanceOptions {
  std::int64_t trees = 64;
  std::size_t objective = 0;
  /// Every value over the scale it is drawn from, so that a rate's decades weigh alike. Optuna weighs the plain numbers.
  bool by_position = false;
  std::uint64_t seed = 0;
};

/// Of the values that every complete trial has and that differ somewhere in the space, the most important first. Empty for fewer than two
/// trials or where all results are the same.
std::vector<Importance> importances(const Space& space, std::span<const Trial> trials, const ImportanceOptions& options = {});

}  // namespace lehr
