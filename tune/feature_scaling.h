// feature_scaling.h: --scale-features: every feature (the last axis) moved and stretched by numbers that the training part gives
// (engine/data/feature_statistics.h).
#pragma once

#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/data/feature_statistics.h"
#include "tune/step_plan.h"

namespace lehr {

struct FeatureScaler {
  FeatureScaling kind = FeatureScaling::standard;
  std::vector<double> center = {}, scale = {};  ///< a number a feature
  InputTransform transform() const;
  std::string json() const;
  static FeatureScaler parse(const std::string& json, const std::string& file);  ///< Error{data} for anything else
  friend bool operator==(const FeatureScaler&, const FeatureScaler&) = default;
};

/// Error{usage} for a streamed set, Error{data} for an empty one.
FeatureScaler fit_scaler(FeatureScaling kind, const Dataset& train);

constexpr const char* scaler_file = "scaler.json";  ///< in a run's folder

}  // namespace lehr
