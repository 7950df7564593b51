// cross_validation.h: how good a choice is beyond one split: k folds, repeated, nested; and the last word on a study: finalize.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tune/study/worker.h"

namespace lehr {

struct CrossValidation {
  std::vector<Setting> settings = {};  ///< fit's flags; searched values make it nested
  std::int64_t folds = 5, repeats = 1;
  bool stratified = false;
  int jobs = 1;
  std::uint64_t seed = 0;
  // Nested: inside every fold a search of its own, which sees that fold's training rows only.
  std::string oracle = "random(trials=10)";
  std::int64_t inner_folds = 3;
  std::vector<std::string> objectives = {};
};

struct FoldScore {
  std::int64_t repeat = 0, fold = 0, rows = 0;
  std::vector<std::pair<std::string, double>> values = {};  ///< loss, then metrics, of the rows held out, after the last epoch
  JsonValue params = {};                                    ///< nested: what the inner search chose
};

struct CrossValidationResult {
  std::vector<FoldScore> scores = {};  ///< by repeat and fold
  std::vector<std::pair<std::string, MeanWithError>> mean = {};
  double seconds = 0;
  bool interrupted = false;
};
/// Folds are trained `jobs` at once. Test parts are never looked at.
CrossValidationResult cross_validate(const CrossValidation& request, const TuneHooks& hooks = {});
std::string cross_validation_json(const CrossValidationResult& result);

/// Keras's own sum of three trainings: what the trial scored, what the same values score with other seeds, what they are worth on new data.
struct Finalized {
  std::string study = {}, objective = {};
  std::int64_t trial = 0, epochs = 0;
  JsonValue params = {};
  double trial_value = 0;
  std::vector<double> retrained = {};                                  ///< the objective again, a seed each, on the same split
  std::vector<std::vector<std::pair<std::string, double>>> test = {};  ///< trained on training and validation rows, a seed each
  std::vector<std::string> warnings = {};
  double seconds = 0;
};
/// Retrains the best trial for its best epoch. `hooks.data`: as for the study.
Finalized finalize_study(const std::string& storage, const std::string& study, std::int64_t seeds, const TuneHooks& hooks = {});
std::string finalized_text(const Finalized& f);
std::string finalized_json(const Finalized& f);

/// Rows of both, one after the other. Error{data} where they do not fit.
Dataset joined_rows(const Dataset& a, const Dataset& b);

}  // namespace lehr
