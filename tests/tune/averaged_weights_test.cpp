// Weights that train and weights that are meant: the running average of use_ema and schedule-free's x.
#include <doctest/doctest.h>

#include <cmath>

#include "layers/dense.h"
#include "optim/adam_family.h"
#include "optim/sgd.h"
#include "tests/check/temporary_folder.h"
#include "tune/checkpoint.h"
#include "tune/model.h"

using namespace lehr;

namespace {

Dataset rows(std::int64_t n) {
  Array x({n, 3}, DType::f32), y({n, 1}, DType::f32);
  for (std::int64_t i = 0; i < 3 * n; ++i)
    x.as<float>()[static_cast<std::size_t>(i)] = static_cast<float>(std::sin(1.0 + static_cast<double>(i)));
  for (std::int64_t i = 0; i < n; ++i) y.as<float>()[static_cast<std::size_t>(i)] = static_cast<float>(std::cos(static_cast<double>(i)));
  return {.x = std::move(x), .y = std::move(y)};
}
Model line(Optimizer optimizer) {
  Network net(Shape{3});
  net.add(Dense{.units = 1});
  return Model(net, {.optimizer = std::move(optimizer), .backend = std::make_shared<Cpu>(1)});
}
std::vector<float> all(const Model& model) { return model.state().snapshot(); }
float kernel(const NamedArrays& weights) { return weights[0].second.as<float>()[0]; }

/// Every optimizer option that keeps something: average, accumulated gradients.
Optimizer everything() {
  return SGD{.learning_rate = 0.1,
             .momentum = 0.9,
             .use_ema = true,
             .ema_momentum = 0.8,
             .ema_overwrite_frequency = 4,
             .gradient_accumulation_steps = 3};
}

}  // namespace

TEST_CASE("use_ema: training ends with the average of the weights after every step") {
  const Dataset data = rows(8);
  Model plain = line(SGD{.learning_rate = 0.1}), averaged = line(SGD{.learning_rate = 0.1, .use_ema = true, .ema_momentum = 0.75});
  double average = 0;
  for (int step = 0; step < 6; ++step) {  // one batch an epoch
    plain.fit(data, {.epochs = 1, .batch_size = 8, .shuffle = false});
    const auto w = static_cast<double>(kernel(plain.weights()));
    average = step == 0 ? w : 0.75 * average + 0.25 * w;
  }
  const History history = averaged.fit(data, {.epochs = 6, .batch_size = 8, .validation_data = &data, .shuffle = false});
  CHECK(static_cast<double>(kernel(averaged.weights())) == doctest::Approx(average).epsilon(1e-5));
  // Validation on the way saw the weights that train.
  CHECK(history.at("val_loss", 5) == doctest::Approx(plain.evaluate(data).value("loss")).epsilon(1e-5));
}

TEST_CASE("schedule-free: validation, the end and files have x; training goes on with y, bit for bit") {
  const Dataset data = rows(8);
  const auto make = [] { return line(ScheduleFreeAdamW{.learning_rate = 0.05, .beta_1 = 0.8}); };
  Model model = make(), without = make();
  const History history = model.fit(data, {.epochs = 5, .batch_size = 4, .validation_data = &data});
  without.fit(data, {.epochs = 5, .batch_size = 4});
  CHECK(kernel(model.training_weights()) == kernel(without.training_weights()));
  CHECK(kernel(model.training_weights()) != kernel(model.weights()));
  const View z = model.state().slot_plane(0);
  const auto y = static_cast<double>(kernel(model.training_weights()));
  CHECK(static_cast<double>(kernel(model.weights())) ==
        doctest::Approx((y - 0.2 * static_cast<double>(z.as<float>()[0])) / 0.8).epsilon(1e-5));
  CHECK(model.evaluate(data).value("loss") == doctest::Approx(history.at("val_loss", 4)).epsilon(1e-6));
  // A second fit goes on from y.
  Model longer = make();
  longer.fit(data, {.epochs = 2, .batch_size = 4, .shuffle = false});
  longer.fit(data, {.epochs = 3, .batch_size = 4, .shuffle = false});
  Model once = make();
  once.fit(data, {.epochs = 5, .batch_size = 4, .shuffle = false});
  CHECK(all(longer) == all(once));
}

TEST_CASE("averages and accumulated gradients are in the checkpoint: interrupted after any step, the end is the same") {
  const Dataset data = rows(10);
  const TemporaryFolder folder;
  const std::string file = folder / "a.lehr";
  for (const bool schedule_free : {false, true}) {
    const auto make = [&] { return schedule_free ? line(ScheduleFreeAdamW{.learning_rate = 0.05}) : line(everything()); };
    const FitOptions options{.epochs = 3, .batch_size = 2, .validation_data = &data};
    Model whole = make();
    const FitResult expected = whole.fit_run(data, options);
    for (int at = 1; at <= 15; ++at) {
      Model begun = make();
      FitOptions part = options;
      int asked = 0;
      part.interrupted = [&] { return ++asked == at; };
      const FitResult stopped = begun.fit_run(data, part);
      if (!stopped.interrupted) continue;  // asked where an epoch ends anyway
      write_checkpoint(file, capture_checkpoint(begun, stopped.state));
      Model resumed = make();
      FitOptions rest = options;
      rest.resume = read_checkpoint(file, resumed);
      const FitResult got = resumed.fit_run(data, rest);
      CAPTURE(at);
      CHECK(all(resumed) == all(whole));
      CHECK(got.history.at("val_loss", 2) == expected.history.at("val_loss", 2));
      const View a = resumed.state().slots(), b = whole.state().slots();
      CHECK(std::equal(a.as<float>(), a.as<float>() + a.count, b.as<float>()));
    }
  }
}
