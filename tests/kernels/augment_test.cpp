#include "kernels/augment.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/error.h"
#include "tests/check/element.h"
#include "tests/check/family.h"

using namespace lehr;
using check::Guarded;

namespace {

Guarded augment(Backend& b, const AugmentSpec& spec, const std::vector<double>& x, std::int64_t step = 0) {
  const bool crop = spec.kind == AugmentKind::crop;
  const auto pixels = static_cast<std::size_t>(crop ? spec.out_height * spec.out_width : spec.height * spec.width);
  Guarded in(b, spec.from, x.size()), out(b, spec.to, static_cast<std::size_t>(spec.batch * spec.channels) * pixels);
  in.assign(x);
  const StepCounters counters{.step = step};
  make(spec, b)->run(in, &counters, out, b.stream());
  return out;
}

std::vector<double> numbers(std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<double>(i % 251);
  return x;
}

const std::map<std::string, AugmentKind> kinds{
    {"flip", AugmentKind::flip}, {"rotation", AugmentKind::rotation}, {"translation", AugmentKind::translation},
    {"zoom", AugmentKind::zoom}, {"contrast", AugmentKind::contrast}, {"brightness", AugmentKind::brightness},
    {"crop", AugmentKind::crop}};
const std::map<std::string, FillMode> modes{
    {"reflect", FillMode::reflect}, {"wrap", FillMode::wrap}, {"constant", FillMode::constant}, {"nearest", FillMode::nearest}};

}  // namespace

TEST_CASE("augment: Keras's layers make the same image of the same factor") {
  std::ifstream file(LEHR_TESTS_DIR "/golden/augment.json");
  REQUIRE(file.good());
  const auto golden = nlohmann::json::parse(file);
  const auto x = golden["x"].get<std::vector<double>>();
  for (const auto& c : golden["cases"])
    for (const DType from : {DType::u8, DType::f32}) {
      AugmentSpec spec{.kind = kinds.at(c["kind"]), .batch = 1, .height = 5, .width = 7, .channels = 2, .key = {}, .from = from};
      spec.lower = spec.upper = c.value("lower", 0.0F);
      if (c.contains("out")) {
        spec.out_height = c["out"][0], spec.out_width = c["out"][1];
        spec.training = c["training"];
      }
      if (c.contains("width_lower")) {
        spec.same_zoom = c["width_lower"].is_null();
        if (!spec.same_zoom) spec.width_lower = spec.width_upper = c["width_lower"].get<float>();
      }
      if (c.contains("fill_mode")) {
        spec.fill_mode = modes.at(c["fill_mode"]);
        spec.fill_value = c["fill_value"].get<float>();
        spec.bilinear = c["interpolation"] == "bilinear";
      }
      const std::string what = c["kind"].get<std::string>() + " " + c.value("fill_mode", "") + " " + c.value("interpolation", "") + " " +
                               std::to_string(spec.lower) + " " + std::to_string(spec.out_height) + "x" + std::to_string(spec.out_width);
      check::agree(what, check::same_for_all_threads(what, [&](Backend& b) { return augment(b, spec, x); }),
                   c["y"].get<std::vector<double>>(), {1e-6, 2e-3});
    }
}

TEST_CASE("augment: every problem agrees with float64") { check::family("augment"); }

TEST_CASE("augment: flips are exact, one draw an image, both axes at once") {
  const std::int64_t n = 40, h = 3, w = 5, c = 3;
  const auto x = numbers(static_cast<std::size_t>(n * h * w * c));
  for (const FlipMode mode : {FlipMode::horizontal, FlipMode::vertical, FlipMode::horizontal_and_vertical})
    for (const DType to : {DType::f32, DType::bf16}) {
      const AugmentSpec spec{.batch = n, .height = h, .width = w, .channels = c, .flip = mode, .key = {.seed = 4, .stream = 2}, .to = to};
      const auto y = check::same_for_all_threads("flip", [&](Backend& b) { return augment(b, spec, x, 9); });
      std::vector<double> want;
      int flipped = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        const bool flip = uniform01(random_word(spec.key, 9, static_cast<std::uint64_t>(4 * i))) <= 0.5F;
        flipped += flip ? 1 : 0;
        for (std::int64_t r = 0; r < h; ++r)
          for (std::int64_t k = 0; k < w; ++k)
            for (std::int64_t ch = 0; ch < c; ++ch) {
              const std::int64_t row = flip && mode != FlipMode::horizontal ? h - 1 - r : r;
              const std::int64_t column = flip && mode != FlipMode::vertical ? w - 1 - k : k;
              want.push_back(x[static_cast<std::size_t>(((i * h + row) * w + column) * c + ch)]);
            }
      }
      CHECK(y == want);
      CHECK((flipped > 10 && flipped < 30));
    }
}

TEST_CASE("augment: whole shifts outside the image, by hand") {
  // One row a b c d e moved right by 7 and left by 3 pixels.
  const std::vector<double> x{1, 2, 3, 4, 5};
  Cpu cpu(1);
  const auto shifted = [&](FillMode mode, float pixels) {
    AugmentSpec spec{.kind = AugmentKind::translation,
                     .batch = 1,
                     .height = 1,
                     .width = 5,
                     .channels = 1,
                     .fill_mode = mode,
                     .fill_value = 9,
                     .key = {}};
    spec.width_lower = spec.width_upper = pixels / 5;
    std::vector<double> rounded = augment(cpu, spec, x).values();
    for (double& v : rounded) v = std::round(v * 1000) / 1000;
    return rounded;
  };
  CHECK(shifted(FillMode::reflect, 7) == std::vector<double>{4, 5, 5, 4, 3});
  CHECK(shifted(FillMode::wrap, 7) == std::vector<double>{4, 5, 1, 2, 3});
  CHECK(shifted(FillMode::nearest, 7) == std::vector<double>{1, 1, 1, 1, 1});
  CHECK(shifted(FillMode::constant, 7) == std::vector<double>{9, 9, 9, 9, 9});
  CHECK(shifted(FillMode::reflect, -3) == std::vector<double>{4, 5, 5, 4, 3});
  CHECK(shifted(FillMode::wrap, -3) == std::vector<double>{4, 5, 1, 2, 3});
  CHECK(shifted(FillMode::nearest, -3) == std::vector<double>{4, 5, 5, 5, 5});
  CHECK(shifted(FillMode::constant, -3) == std::vector<double>{4, 5, 9, 9, 9});
}

TEST_CASE("augment: factors spread over their range, and differ from image to image and step to step") {
  const std::int64_t n = 400;
  AugmentSpec spec{.kind = AugmentKind::brightness,
                   .batch = n,
                   .height = 1,
                   .width = 1,
                   .channels = 1,
                   .lower = -0.2F,
                   .upper = 0.4F,
                   .key = {.seed = 1}};
  const std::vector<double> x(static_cast<std::size_t>(n), 100);
  Cpu cpu(2);
  const auto y = augment(cpu, spec, x, 3).values();
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  CHECK((*low >= 100 - 51.001 && *low < 52 && *high <= 202.001 && *high > 200));
  double mean = 0;
  for (const double v : y) mean += v / static_cast<double>(n);
  CHECK(mean == doctest::Approx(125.5).epsilon(0.06));  // standard error 2.2
  CHECK(augment(cpu, spec, x, 4).values() != y);
  spec.training = false;
  CHECK(augment(cpu, spec, x, 3).values() == x);
}

TEST_CASE("augment: crops take every window in training, one for a batch, and the middle one otherwise") {
  const std::int64_t n = 2, h = 4, w = 5;
  AugmentSpec spec{
      .kind = AugmentKind::crop, .batch = n, .height = h, .width = w, .channels = 2, .out_height = 2, .out_width = 3, .key = {.seed = 2}};
  std::vector<double> x;
  for (std::int64_t i = 0; i < n; ++i)
    for (int k = 0; k < 40; ++k) x.push_back(k);
  std::vector<int> seen(9);
  Cpu cpu(1);
  for (std::int64_t step = 0; step < 300; ++step) {
    const auto y = augment(cpu, spec, x, step).values();
    const auto corner = static_cast<std::size_t>(y[0]) / 2, top = corner / 5, left = corner % 5;
    REQUIRE((top < 3 && left < 3));
    ++seen[top * 3 + left];
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t r = 0; r < 2; ++r)
        for (std::size_t k = 0; k < 6; ++k) REQUIRE(y[i * 12 + r * 6 + k] == static_cast<double>((top + r) * 10 + left * 2 + k));
  }
  for (const int count : seen) CHECK(count > 10);  // 33 expected
  spec.out_height = 4, spec.out_width = 3, spec.training = false;
  CHECK(augment(cpu, spec, x).values()[0] == 2);  // rows 0 to 3, columns 1 to 3
  spec.out_height = 0;
  CHECK_THROWS_AS(make(spec, cpu), Error);
}
