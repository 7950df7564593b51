// Augmentation in training: before rescaling, on 0 to 255; never in evaluation; the same after a resume.
#include <doctest/doctest.h>

#include "engine/data/dataset.h"
#include "layers/augmentation.h"
#include "tune/model.h"

using namespace lehr;

namespace {

/// Images of two classes, brighter below or above: n rows of 6 x 6 x 1 bytes.
Dataset shades(std::int64_t n) {
  Array x(Shape{n, 6, 6, 1}, DType::u8), y(Shape{n}, DType::i32);
  for (std::int64_t i = 0; i < n; ++i) {
    y.as<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % 2);
    for (std::int64_t p = 0; p < 36; ++p) {
      const bool light = (p < 18) == (i % 2 == 0);
      x.as<std::uint8_t>()[static_cast<std::size_t>(i * 36 + p)] = static_cast<std::uint8_t>((light ? 150 : 50) + (i * 7 + p * 13) % 60);
    }
  }
  return {.x = std::move(x), .y = std::move(y)};
}

Dataset white(Dataset data) {
  for (auto& byte : data.x.as<std::uint8_t>()) byte = 255;
  return data;
}

Model model_of(const std::string& text, std::uint64_t seed = 3) {
  return Model(network_from_text(text), {.seed = seed, .input = rescaling(1.0 / 255.0)});
}

const std::string head = "conv2d(4, 3, activation=relu) | flatten | dropout(0.2) | dense(2, softmax)";

}  // namespace

TEST_CASE("augmentation: works on 0 to 255 and before rescaling") {
  const Dataset data = shades(24);
  const FitOptions lightened{
      .epochs = 2, .batch_size = 8, .shuffle = false, .augmentation = network_from_text("random_brightness([1, 1])")};
  Model a = model_of("flatten | dense(2, softmax)"), b = model_of("flatten | dense(2, softmax)");
  const History augmented = a.fit(data, lightened), plain = b.fit(white(data), {.epochs = 2, .batch_size = 8, .shuffle = false});
  CHECK(augmented.at("loss", 0) == plain.at("loss", 0));
  CHECK(augmented.at("loss", 1) == plain.at("loss", 1));
}

TEST_CASE("augmentation: evaluation and prediction see the images as they are") {
  const Dataset data = shades(30);  // the last batch is ragged
  const std::string layers = "random_flip | random_rotation(0.2) | random_contrast(0.5, value_range=[0, 1])";
  Model outside = model_of(head), inside = model_of(layers + " | " + head), plain = model_of(head);
  outside.fit(data, {.epochs = 3, .batch_size = 8, .augmentation = network_from_text(layers)});
  inside.fit(data, {.epochs = 3, .batch_size = 8});
  for (Model* trained : {&outside, &inside}) {
    plain.build({6, 6, 1});
    plain.set_weights(trained->weights(), "the trained model");
    CHECK(plain.evaluate(data, 8).values == trained->evaluate(data, 8).values);
    const Array p = plain.predict(data.x), q = trained->predict(data.x);
    CHECK(std::equal(p.as<float>().begin(), p.as<float>().end(), q.as<float>().begin()));
  }
  // It did something in training: without it the weights are others.
  Model bare = model_of(head);
  bare.fit(data, {.epochs = 3, .batch_size = 8});
  CHECK(bare.evaluate(data, 8).values != outside.evaluate(data, 8).values);
  CHECK(bare.evaluate(data, 8).values != inside.evaluate(data, 8).values);
}

TEST_CASE("augmentation: stopped within an epoch and resumed, training goes on bit for bit") {
  const Dataset data = shades(44);
  const Network layers = network_from_text("random_flip(horizontal) | random_rotation(0.1) | random_translation(0.1, 0.1)");
  const auto options = [&] { return FitOptions{.epochs = 4, .batch_size = 8, .augmentation = layers}; };
  const std::string text = "random_zoom(0.2) | random_brightness(0.1, value_range=[0, 1]) | " + head;
  Model whole = model_of(text);
  whole.fit(data, options());

  Model first = model_of(text);
  FitOptions cut = options();
  int asked = 0;
  cut.interrupted = [&] { return ++asked == 8; };  // in the second epoch
  const FitResult part = first.fit_run(data, cut);
  REQUIRE(part.interrupted);
  REQUIRE(part.state.position.step > 0);
  Model second = model_of(text, 3);
  second.resolve(data);
  second.set_weights(first.weights(), "the first part");
  second.state().set_slots(first.state().slot_planes());
  second.state().write_counters(first.state().read_counters());
  const View from = first.state().slots(), to = second.state().slots();
  second.backend().copy(to.data, from.data, from.bytes());
  FitOptions rest = options();
  rest.resume = part.state;
  second.fit(data, rest);
  CHECK(second.state().snapshot() == whole.state().snapshot());
}

TEST_CASE("augmentation in front of the plan: what is refused") {
  const Dataset data = shades(8);
  Model model = model_of(head);
  const auto fit = [&](const std::string& layers) { model.fit(data, {.augmentation = network_from_text(layers)}); };
  CHECK_THROWS_WITH_AS(fit("random_crop(4, 4)"), doctest::Contains("(6, 6, 1)"), Error);
  CHECK_THROWS_WITH_AS(fit("random_flip | conv2d(1, 3, padding=same)"), doctest::Contains("weights"), Error);
  CHECK_THROWS_WITH_AS(fit("random_flip | flatten"), doctest::Contains("(36,)"), Error);
}
