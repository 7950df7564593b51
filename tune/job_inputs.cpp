#include "tune/job_inputs.h"

#include <algorithm>

#include "engine/json.h"
#include "engine/spec/parse.h"
#include "layers/keras_config.h"
#include "optim/catalogue.h"

namespace lehr {

namespace {

InputTransform transform_of(const FitJob& job, const Dataset& data) {
  if (job.preprocess == "vgg16") {
    if (job.rescale)
      throw Error({.category = Category::usage,
                   .where = "--preprocess",
                   .what = "--preprocess and --rescale exclude each other",
                   .expected = "one of them"});
    return preprocessing(Preprocess::vgg16);
  }
  if (job.preprocess != "none")
    throw Error({.category = Category::usage,
                 .where = "--preprocess",
                 .what = "unknown preprocessing",
                 .expected = "none or vgg16",
                 .got = job.preprocess});
  if (job.rescale) return rescaling(*job.rescale);
  return data.x_dtype() == DType::u8 ? rescaling(1.0 / 255.0) : InputTransform{};
}

}  // namespace

/// A run trained on bytes takes float arrays as they are: they went through their own preprocessing.
InputTransform input_transform(const FitJob& job, const Dataset& data) {
  InputTransform out = transform_of(job, data);
  out.bytes_only = data.x_dtype() == DType::u8;
  return out;
}

FeatureScaling feature_scaling_of(const FitJob& job) {
  if (job.rescale || job.preprocess != "none")
    throw Error({.category = Category::usage,
                 .where = "--scale-features",
                 .what = "--scale-features excludes --rescale and --preprocess",
                 .expected = "one of them"});
  return SpecConvert<FeatureScaling>::from(parse_spec(job.scale_features, "--scale-features"));
}

InputTransform scaled_input(const FeatureScaler& scaler, const Dataset& data) {
  InputTransform out = scaler.transform();
  out.bytes_only = data.x_dtype() == DType::u8;
  return out;
}

Optimizer job_optimizer(const FitJob& job, const Optimizer& own) {
  Optimizer optimizer = job.optimizer.empty() ? own : optimizer_catalogue().from(parse_spec(job.optimizer, "--optimizer"));
  if (!job.learning_rate.empty()) {
    const auto given = SpecConvert<LearningRate>::from(parse_spec(job.learning_rate, "--learning-rate"));
    optimizer = optimizer.with_learning_rate(LearningRate::over(optimizer.learning_rate(), given));
  }
  if (optimizer.learning_rate().first() < 0)
    throw Error({.category = Category::usage, .where = "--learning-rate", .what = "a rate cannot be negative", .expected = "0 or more"});
  return optimizer;
}

std::vector<float> class_weights(const std::string& text, const Dataset& train, std::int64_t classes) {
  if (text.empty()) return {};
  std::vector<float> out(static_cast<std::size_t>(classes), 1.0F);
  if (text == "auto") {  // n / (classes * count), as scikit-learn's "balanced"
    const auto counts = class_counts(train);
    for (std::size_t i = 0; i < counts.size() && i < out.size(); ++i)
      if (counts[i] > 0)
        out[i] = static_cast<float>(static_cast<double>(train.size()) / (static_cast<double>(classes) * static_cast<double>(counts[i])));
    return out;
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const auto colon = part.find(':');
    const auto fail = [&] {
      throw Error({.category = Category::usage,
                   .where = "--class-weight",
                   .what = "cannot read \"" + part + "\"",
                   .expected = "auto, or id:weight,... with ids 0 to " + std::to_string(classes - 1),
                   .got = text});
    };
    if (colon == std::string::npos) fail();
    const std::int64_t id = spec_integer(parse_spec(part.substr(0, colon), "--class-weight"), 0, 1'000'000);
    if (id >= classes) fail();
    out[static_cast<std::size_t>(id)] = static_cast<float>(spec_number(parse_spec(part.substr(colon + 1), "--class-weight")));
    begin = end + 1;
  }
  return out;
}

std::vector<std::string> precision_warnings(const TensorFile& model, Precision precision) {
  if (model.model_config.empty()) return {};
  const std::string here(name_of(precision));
  std::string others;
  for (const auto& policy : keras_policies(JsonValue::parse(model.model_config, model.source)))
    if (policy != here) others += (others.empty() ? "" : ", ") + policy;
  if (others.empty()) return {};
  return {"warning: " + model.source + " has layers of " + others + " in Keras; they run in " + here +
          " here, and the numbers may differ from Keras's"};
}

}  // namespace lehr
