// distribution.h: a hyperparameter as Optuna's tables write it: a distribution in JSON and a number.
#pragma once

#include <optional>
#include <string>

#include "tune/space/hyperparameter.h"

namespace lehr {

/// {"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}}. What Optuna has no distribution for (steps
/// that are factors) is one of a list of values.
std::string distribution_json(const Hyperparameter& p);
double stored_value(const Hyperparameter& p, double value);  ///< the number beside it
/// The other way, also for another distribution of the same values; nothing where the value is not one of p's.
std::optional<double> value_from(const Hyperparameter& p, double stored, const std::string& distribution);

}  // namespace lehr
