#include "tune/feature_scaling.h"

#include <algorithm>
#include <cmath>

#include "engine/json.h"

namespace lehr {

namespace {

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

}  // namespace

FeatureScaler fit_scaler(FeatureScaling kind, const Dataset& train) {
  FeatureScaler out{.kind = kind};
  for (auto& column : columns_of(train)) {
    const FeatureScale n = scale_of(kind, std::move(column));
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
