// feature_statistics.h: the numbers by which a column of a table, or a feature of an array, is filled and scaled: as scikit-learn's SimpleImputer,
// StandardScaler, MinMaxScaler and RobustScaler learn them, in double. Whoever scales features takes them from here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/spec/convert.h"

namespace lehr {

/// y = (x - center) / scale. A feature that does not vary keeps scale 1.
///   standard  mean, standard deviation (of n)      minmax  smallest, largest - smallest      robust  median, third - first quartile
enum class FeatureScaling : std::uint8_t { standard, minmax, robust };
template <>
struct SpecEnum<FeatureScaling> {
  static constexpr std::pair<std::string_view, FeatureScaling> names[] = {{"standard", FeatureScaling::standard},
                                                                          {"minmax", FeatureScaling::minmax},
                                                                          {"robust", FeatureScaling::robust},
                                                                          {"standardize", FeatureScaling::standard},
                                                                          {"min-max", FeatureScaling::minmax}};
};

struct FeatureScale {
  double center = 0, scale = 1;
  friend bool operator==(const FeatureScale&, const FeatureScale&) = default;
};
FeatureScale scale_of(FeatureScaling kind, std::vector<double> values);  ///< of at least one value, all of them numbers

/// What stands for a missing number: `mean`, `median` or `most_frequent` (the smallest of several) of those that are there, at least one.
double fill_of(const std::string& how, std::vector<double> present);

}  // namespace lehr
