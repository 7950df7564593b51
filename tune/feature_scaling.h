// feature_scaling.h: --scale-features: every feature (the last axis) moved and stretched by numbers that the training part gives, as
// scikit-learn's StandardScaler, MinMaxScaler and RobustScaler: y = (x - center) / scale. A feature that does not vary keeps scale 1.
//   standard  mean, standard deviation (of n)      minmax  smallest, largest - smallest      robust  median, third - first quartile
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/spec/convert.h"
#include "tune/step_plan.h"

namespace lehr {

enum class FeatureScaling : std::uint8_t { standard, minmax, robust };
template <>
struct SpecEnum<FeatureScaling> {
  static constexpr std::pair<std::string_view, FeatureScaling> names[] = {{"standard", FeatureScaling::standard},
                                                                          {"minmax", FeatureScaling::minmax},
                                                                          {"robust", FeatureScaling::robust},
                                                                          {"standardize", FeatureScaling::standard},
                                                                          {"min-max", FeatureScaling::minmax}};
};

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
