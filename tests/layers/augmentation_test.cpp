// The random image layers as layers: what Keras makes of one image at a fixed factor, nothing outside training, and what they refuse.
#include "layers/augmentation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tests/check/network_run.h"

using namespace lehr;
using check::NetworkRun;

namespace {

/// A case of augment.json as the layer that a person would write; empty where no written factor gives that case.
std::string written(const JsonValue& c) {
  const std::string kind = c.at("kind").string();
  const auto range = [](const JsonValue& f) { return "[" + f.text() + ", " + f.text() + "]"; };
  const auto rest = [&] {
    return ", fill_mode=" + c.at("fill_mode").string() + ", interpolation=" + c.at("interpolation").string() +
           ", fill_value=" + c.at("fill_value").text() + ")";
  };
  if (kind == "rotation") return "random_rotation(" + range(c.at("lower")) + rest();
  if (kind == "translation") return "random_translation(" + range(c.at("lower")) + ", " + range(c.at("width_lower")) + rest();
  if (kind == "zoom" && c.at("width_lower").is_null()) return "random_zoom(" + range(c.at("lower")) + rest();
  if (kind == "zoom") return "random_zoom(" + range(c.at("lower")) + ", " + range(c.at("width_lower")) + rest();
  if (kind == "brightness") return "random_brightness(" + range(c.at("lower")) + ")";
  if (kind == "crop") return "random_crop(" + c.at("out").at(std::size_t{0}).text() + ", " + c.at("out").at(std::size_t{1}).text() + ")";
  return {};  // Keras reaches a fixed contrast only through limits that it forbids
}

std::vector<float> pixels(std::size_t count) {
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>((37 * i) % 256);
  return x;
}

/// Without a gradient of the input, as behind data.
NetworkRun run_of(const std::string& text, PlanMode mode, const Shape& shape, std::int64_t batch = 1, std::uint64_t seed = 0,
                  Precision precision = Precision::float32) {
  return {network_from_text(text), shape, {.mode = mode, .batch = batch, .precision = precision, .seed = seed, .input_gradient = false}};
}

std::string refusal(const std::string& text, const Shape& shape = {8, 8, 3}) {
  try {
    const BuiltNetwork built(network_from_text(text), shape);
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    return error.what();
  }
  return "no refusal";
}

}  // namespace

TEST_CASE("augmentation: a layer with one possible factor makes Keras's image") {
  const JsonValue golden = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/augment.json"), "augment.json");
  std::vector<float> x;
  for (const auto& v : golden.at("x").elements()) x.push_back(static_cast<float>(v.number()));
  int checked = 0;
  for (const auto& c : golden.at("cases").elements()) {
    const std::string text = written(c);
    if (text.empty()) continue;
    CAPTURE(text);
    const bool inference = c.find("training") != nullptr && !c.at("training").boolean();
    NetworkRun run = run_of(text, inference ? PlanMode::predict : PlanMode::train, {5, 7, 2});
    const auto y = run.run(x);
    REQUIRE(y.size() == c.at("y").size());
    double worst = 0;
    for (std::size_t i = 0; i < y.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(y[i]) - c.at("y").at(i).number()));
    CHECK(worst < 2e-3);
    ++checked;
  }
  CHECK(checked >= 60);
}

TEST_CASE("augmentation: nothing happens outside training, but a crop keeps its shape") {
  const auto x = pixels(2 * 6 * 8 * 3);
  for (const char* text : {"random_flip", "random_rotation(0.3)", "random_translation(0.3, 0.3)", "random_zoom(0.5)",
                           "random_contrast(0.5)", "random_brightness(0.5)"})
    for (const PlanMode mode : {PlanMode::predict, PlanMode::evaluate}) {
      CAPTURE(text);
      NetworkRun run = run_of(text, mode, {6, 8, 3}, 2);
      CHECK(run.run(x) == x);
      CHECK(run.plan().operations().empty());
    }
  NetworkRun crop = run_of("random_crop(6, 4)", PlanMode::evaluate, {6, 8, 3}, 2);
  const auto y = crop.run(x);
  CHECK(y.size() == 2 * 6 * 4 * 3);
  CHECK(y[0] == x[2 * 3]);  // columns 2 to 5
}

TEST_CASE("augmentation: draws differ by image, step and seed; a seed of its own outlives the run's") {
  const auto x = pixels(4 * 8 * 8);
  const auto result = [&](const std::string& text, std::int64_t step, std::uint64_t seed) {
    NetworkRun run = run_of(text, PlanMode::train, {8, 8, 1}, 4, seed);
    run.set_step(step);
    return run.run(x);
  };
  const std::string zoom = "random_zoom(0.5, 0.5)";
  const auto first = result(zoom, 0, 0);
  CHECK(first == result(zoom, 0, 0));
  CHECK(first != result(zoom, 1, 0));
  CHECK(first != result(zoom, 0, 1));
  const std::string own = "random_zoom(0.5, 0.5, seed=7)";
  CHECK(result(own, 3, 0) == result(own, 3, 1));
  CHECK(result(own, 3, 0) != result(own, 4, 0));
  CHECK(result(own, 3, 0) != result("random_zoom(0.5, 0.5, seed=8)", 3, 0));
  // Two layers draw apart; with one seed they draw alike, as in Keras: two equal flips cancel.
  CHECK(result("random_flip(horizontal, seed=3) | random_flip(horizontal, seed=3)", 2, 0) == x);
  bool apart = false;
  for (std::int64_t step = 0; step < 8; ++step) apart = apart || result("random_flip(horizontal) | random_flip(horizontal)", step, 0) != x;
  CHECK(apart);
}

TEST_CASE("augmentation: contrast keeps the mean and only grows with a single factor; brightness stays in its range") {
  const std::int64_t n = 64;
  std::vector<float> x;
  for (std::int64_t i = 0; i < n; ++i) x.insert(x.end(), {90, 110});
  NetworkRun contrast = run_of("random_contrast(0.5)", PlanMode::train, {1, 2, 1}, n);
  const auto y = contrast.run(x);
  float widest = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const float spread = y[2 * i + 1] - y[2 * i];
    CHECK(y[2 * i] + y[2 * i + 1] == doctest::Approx(200));
    CHECK((spread >= 19.999F && spread <= 30.001F));
    widest = std::max(widest, spread);
  }
  CHECK(widest > 28);
  NetworkRun bright = run_of("random_brightness(1, value_range=[0, 120])", PlanMode::train, {1, 2, 1}, n);
  for (const float v : bright.run(x)) CHECK((v >= 0 && v <= 120));
}

TEST_CASE("augmentation: bfloat16 inputs and outputs") {
  const auto x = pixels(2 * 6 * 6 * 3);
  NetworkRun exact = run_of("random_flip(seed=1) | random_crop(4, 4, seed=1)", PlanMode::train, {6, 6, 3}, 2);
  NetworkRun half = run_of("random_flip(seed=1) | random_crop(4, 4, seed=1)", PlanMode::train, {6, 6, 3}, 2, 0, Precision::mixed_bfloat16);
  CHECK(exact.run(x) == half.run(x));  // 0 to 255 are exact in bfloat16
}

TEST_CASE("augmentation: what is refused, and how") {
  CHECK(refusal("random_rotation(1.5)").find("factor is out of range; expected -1.0 to 1.0, got 1.5") != std::string::npos);
  CHECK(refusal("random_translation(0.1, [-2, 0])").find("width_factor") != std::string::npos);
  CHECK(refusal("random_zoom([-3, 0])").find("height_factor") != std::string::npos);
  CHECK(refusal("random_contrast(0.2, value_range=[1, 1])").find("value_range") != std::string::npos);
  CHECK(refusal("random_crop(0, 4)").find("positive") != std::string::npos);
  CHECK(refusal("random_flip", {10}).find("(height, width, channels)") != std::string::npos);
  CHECK(refusal("random_rotation").find("factor") != std::string::npos);
  CHECK(refusal("random_rotation([1, 2, 3])").find("[lower, upper]") != std::string::npos);
  CHECK(refusal("random_rotation(much)").find("a number, or a list") != std::string::npos);
  CHECK(refusal("random_flip(sideways)").find("horizontal_and_vertical") != std::string::npos);
  CHECK(refusal("random_rotation(0.1, fill_mode=mirror)").find("reflect") != std::string::npos);
  CHECK_THROWS_WITH_AS(run_of("conv2d(4, 3) | random_flip", PlanMode::train, {8, 8, 3}), doctest::Contains("no gradient"), Error);
}
