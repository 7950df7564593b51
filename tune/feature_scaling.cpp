#include "tune/feature_scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/json.h"

namespace lehr {

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// The values of every feature, one after the other.
std::vector<std::vector<double>> columns_of(const Dataset& data) {
  if (data.streamed)
    throw Error({.category = Category::usage,
                 .where = "--scale-features",
                 .what = "the numbers of a feature are needed all at once",
                 .expected = "a set that fits into --memory",
                 .hint = "Images are divided by 255, or scaled by --rescale."});
  if (data.size() < 1) throw Error({.category = Category::data, .where = "--scale-features", .what = "the training part holds no samples"});
  const Shape sample = data.sample_shape();
  const auto features = static_cast<std::size_t>(sample.rank() == 0 ? 1 : sample.back());
  const Array x = data.x.as_f32();
  const auto values = x.as<float>();
  std::vector<std::vector<double>> out(features);
  for (auto& column : out) column.reserve(values.size() / features);
  for (std::size_t i = 0; i < values.size(); ++i) out[i % features].push_back(static_cast<double>(values[i]));
  return out;
}

struct Numbers {
  double center = 0, scale = 1;
};

double kept(double scale) { return scale < 10 * epsilon ? 1 : scale; }

/// A variance within the rounding of its own sum is none, as in scikit-learn.
Numbers standard(const std::vector<double>& v) {
  const auto n = static_cast<double>(v.size());
  double mean = 0, squares = 0, rest = 0;
  for (const double x : v) mean += x;
  mean /= n;
  for (const double x : v) {
    squares += (x - mean) * (x - mean);
    rest += x - mean;  // what rounding left of the mean
  }
  const double variance = std::max(0.0, (squares - rest * rest / n) / n), noise = n * mean * epsilon;
  return {mean, variance <= n * epsilon * variance + noise * noise ? 1 : std::sqrt(variance)};
}

Numbers minmax(const std::vector<double>& v) {
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  return {*low, kept(*high - *low)};
}

/// Between the two nearest values in proportion, as numpy.percentile.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1), below = std::floor(place);
  const auto i = static_cast<std::size_t>(below);
  return i + 1 < sorted.size() ? sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

Numbers robust(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {quantile(v, 0.5), kept(quantile(v, 0.75) - quantile(v, 0.25))};
}

}  // namespace

FeatureScaler fit_scaler(FeatureScaling kind, const Dataset& train) {
  FeatureScaler out{.kind = kind};
  for (auto& column : columns_of(train)) {
    const Numbers n = kind == FeatureScaling::standard ? standard(column)
                      : kind == FeatureScaling::minmax ? minmax(column)
                                                       : robust(std::move(column));
    out.center.push_back(n.center);
    out.scale.push_back(n.scale);
  }
  return out;
}

InputTransform FeatureScaler::transform() const {
  InputTransform out;
  for (std::size_t i = 0; i < scale.size(); ++i) {
    out.scale.push_back(1 / scale[i]);
    out.offset.push_back(-center[i] / scale[i]);
  }
  return out;
}

std::string FeatureScaler::json() const {
  return JsonValue::object({{"scaler", SpecConvert<FeatureScaling>::to(kind).text}, {"center", center}, {"scale", scale}}).text(2) + "\n";
}

FeatureScaler FeatureScaler::parse(const std::string& json, const std::string& file) {
  const JsonValue value = JsonValue::parse(json, file);
  FeatureScaler out{.kind = SpecConvert<FeatureScaling>::from(SpecValue::word(value.at("scaler").string()))};
  for (const auto& number : value.at("center").elements()) out.center.push_back(number.number());
  for (const auto& number : value.at("scale").elements()) out.scale.push_back(number.number());
  const bool divisors = std::all_of(out.scale.begin(), out.scale.end(), [](double s) { return std::isfinite(s) && s > 0; });
  if (out.center.size() != out.scale.size() || out.scale.empty() || !divisors)
    throw Error({.category = Category::data,
                 .where = file,
                 .what = "is no scaler",
                 .expected = "as many centers as scales above 0",
                 .got = std::to_string(out.center.size()) + " and " + std::to_string(out.scale.size())});
  return out;
}

}  // namespace lehr
