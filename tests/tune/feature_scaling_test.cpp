// --scale-features: numbers that scikit-learn's scalers learn, from the training part alone, kept with a run and its checkpoints.
#include "tune/feature_scaling.h"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "layers/dense.h"
#include "tests/check/temporary_folder.h"
#include "tune/checkpoint.h"

using namespace lehr;

namespace {

Array rows_of(const JsonValue& json) {
  Array out({static_cast<std::int64_t>(json.size()), static_cast<std::int64_t>(json.at(0).size())}, DType::f32);
  std::size_t i = 0;
  for (const auto& row : json.elements())
    for (const auto& value : row.elements()) out.as<float>()[i++] = static_cast<float>(value.number());
  return out;
}

/// What the transform makes of a value, as the gather of a step does it.
double scaled(const InputTransform& t, std::size_t feature, float x) {
  return static_cast<double>(x) * t.scale[feature] + t.offset[feature];
}

}  // namespace

TEST_CASE("feature scaling: standard, minmax and robust as scikit-learn, also of constant, far and heavy-tailed columns") {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/sklearn/scalers.json";
  const JsonValue golden = JsonValue::parse(read_file(file), file);
  const Dataset train{.x = rows_of(golden.at("x"))};
  const Array fresh = rows_of(golden.at("new"));
  for (const auto& [name, kind] : SpecEnum<FeatureScaling>::names) {
    if (golden.find(name) == nullptr) continue;  // a second name
    CAPTURE(name);
    const FeatureScaler scaler = fit_scaler(kind, train);
    const InputTransform transform = scaler.transform();
    for (std::size_t row = 0; row < 6; ++row)
      for (std::size_t c = 0; c < 6; ++c)
        CHECK(scaled(transform, c, fresh.as<float>()[row * 6 + c]) ==
              doctest::Approx(golden.at(name).at(row).at(c).number()).epsilon(1e-9).scale(1e-3));
    CHECK(FeatureScaler::parse(scaler.json(), "scaler.json") == scaler);
  }
}

TEST_CASE("feature scaling: what is no scaler is refused") {
  for (const char* text :
       {"{}", R"({"scaler": "standard", "center": [1], "scale": []})", R"({"scaler": "standard", "center": [1], "scale": [0]})",
        R"({"scaler": "best", "center": [1], "scale": [1]})", "[", R"({"scaler": "standard", "center": [1], "scale": ["a"]})"})
    CHECK_THROWS_AS(FeatureScaler::parse(text, "scaler.json"), Error);
  CHECK_THROWS_AS(fit_scaler(FeatureScaling::robust, Dataset{.x = Array({0, 3}, DType::f32)}), Error);
}

TEST_CASE("feature scaling: a checkpoint holds the numbers, and refuses others") {
  const TemporaryFolder folder;
  Dataset data{.x = Array({12, 3}, DType::f32), .y = Array({12}, DType::i32)};
  for (std::size_t i = 0; i < 36; ++i) data.x.as<float>()[i] = static_cast<float>(i * i % 17);
  for (std::size_t i = 0; i < 12; ++i) data.y.as<std::int32_t>()[i] = static_cast<std::int32_t>(i % 2);
  const auto model_of = [&](FeatureScaling kind) {
    Network net(Shape{3});
    net.add(Dense{.units = 2, .activation = Activation::softmax});
    return Model(std::move(net), {.input = fit_scaler(kind, data).transform()});
  };
  Model model = model_of(FeatureScaling::standard), same = model_of(FeatureScaling::standard), other = model_of(FeatureScaling::minmax);
  const FitResult result = model.fit_run(data, {.epochs = 1, .batch_size = 4});
  write_checkpoint(folder / "checkpoint.lehr", capture_checkpoint(model, result.state));
  CHECK_NOTHROW(read_checkpoint(folder / "checkpoint.lehr", same));
  CHECK(same.predict(data.x).as<float>()[3] == model.predict(data.x).as<float>()[3]);
  CHECK_THROWS_WITH_AS(read_checkpoint(folder / "checkpoint.lehr", other), doctest::Contains("scaled otherwise"), Error);
}
