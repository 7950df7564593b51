// A schedule inside a run: which rate each step gets, on top of what callbacks do, and over a restart.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/spec/parse.h"
#include "layers/dense.h"
#include "optim/epoch_schedules.h"
#include "optim/keras_schedules.h"
#include "optim/sgd.h"
#include "tune/callbacks/learning_rate_scheduler.h"
#include "tune/checkpoint.h"
#include "tune/model.h"

using namespace lehr;

namespace {

/// One weight, y = w*x, mse: with x = 1, y = 0 the gradient is 2w, so that w after the run tells the rates of all steps.
Dataset constant_rows(std::int64_t n) {
  Array x({n, 1}, DType::f32), y({n, 1}, DType::f32);
  for (float& v : x.as<float>()) v = 1;
  return {.x = std::move(x), .y = std::move(y)};
}
Model line(LearningRate rate) {
  Network net(Shape{1});
  net.add(Dense{.units = 1, .use_bias = false});
  Model model(net, {.optimizer = SGD{.learning_rate = std::move(rate)}, .backend = std::make_shared<Cpu>(1)});
  model.state().write(0, Array::from<float>({1, 1}, std::vector<float>{1}));
  return model;
}
double weight(const Model& model) { return static_cast<double>(model.state().read(0).as<float>()[0]); }

/// Halves the rate at the end of epoch `at`.
struct Halve {
  static constexpr SpecInfo info{.name = "halve"};
  int at = 1;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("at", self.at, "");
  }
};
std::unique_ptr<Callback> make_callback(const Halve& spec) {
  struct Callback final : StatelessCallback {
    int at = 0;
    void on_epoch_end(Run& run, std::int64_t epoch, EpochLogs&) override {
      if (epoch == at) run.set_learning_rate(run.learning_rate() * 0.5);
    }
  };
  auto out = std::make_unique<Callback>();
  out->at = spec.at;
  return out;
}

}  // namespace

TEST_CASE("schedules: every step gets its rate, by step and by epoch") {
  const Dataset data = constant_rows(4);  // two steps an epoch
  const FitOptions options{.epochs = 3, .batch_size = 2};
  const auto expected = [](const std::vector<double>& rates) {
    double w = 1;
    for (const double rate : rates) w -= rate * 2 * w;
    return w;
  };
  Model by_step = line(ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 0.5});
  const History first = by_step.fit(data, options);
  CHECK(weight(by_step) == doctest::Approx(expected({0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125})).epsilon(1e-6));
  CHECK(first.at("learning_rate", 1) == doctest::Approx(0.025));  // of the epoch's first step
  Model by_epoch = line(LearningRate(StepDecay{.drop = 0.5, .epochs_drop = 1}).with_base(0.1));
  by_epoch.fit(data, options);
  CHECK(weight(by_epoch) == doctest::Approx(expected({0.1, 0.1, 0.05, 0.05, 0.025, 0.025})).epsilon(1e-6));
  // A second fit: Keras's schedules go on with the optimizer's steps, the lecture's with a run of their own.
  by_step.state().write(0, Array::from<float>({1, 1}, std::vector<float>{1}));
  CHECK(by_step.fit(data, options).at("learning_rate", 0) == doctest::Approx(0.1 / 64));
  CHECK(by_epoch.fit(data, options).at("learning_rate", 0) == doctest::Approx(0.1));
}

TEST_CASE("schedules: a callback's rate is a factor on top, and both are logged") {
  const Dataset data = constant_rows(4);
  Model model = line(LearningRate(StepDecay{.drop = 0.5, .epochs_drop = 1}).with_base(0.1));
  const History history = model.fit(data, {.epochs = 4, .batch_size = 2, .callbacks = {Halve{.at = 1}}});
  const double rates[] = {0.1, 0.05, 0.0125, 0.00625}, factors[] = {1, 1, 0.5, 0.5};
  for (std::int64_t e = 0; e < 4; ++e) {
    CHECK(history.at("learning_rate", e) == doctest::Approx(rates[e]).epsilon(1e-6));
    CHECK(history.at("rate_factor", e) == doctest::Approx(factors[e]).epsilon(1e-6));
    CHECK(history.at("schedule_rate", e) == doctest::Approx(rates[e] / factors[e]).epsilon(1e-6));
  }
}

TEST_CASE("schedules: a callback that schedules takes the place of the optimizer's, for whole epochs") {
  const Dataset data = constant_rows(4);
  Model model = line(ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 0.5});
  const auto rising = LearningRateScheduler{.schedule = SpecConvert<Schedule>::from(parse_spec("'0.02 * (epoch + 1)'", "test"))};
  const History history = model.fit(data, {.epochs = 3, .batch_size = 2, .callbacks = {rising}});
  double w = 1;
  for (std::int64_t e = 0; e < 3; ++e) {
    const double rate = 0.02 * static_cast<double>(e + 1);
    CHECK(history.at("learning_rate", e) == doctest::Approx(rate).epsilon(1e-6));
    for (int step = 0; step < 2; ++step) w -= rate * 2 * w;
  }
  CHECK(weight(model) == doctest::Approx(w).epsilon(1e-6));
  CHECK_FALSE(history.has("rate_factor"));  // nothing reduced them
}

TEST_CASE("schedules: a resumed run has the same rates, the factor and recursive ones too") {
  const Dataset data = constant_rows(6);
  const std::string file = "schedule_test.checkpoint";
  const auto rate = [] { return LearningRate(TimeBasedDecay{.decay = 0.1}).with_base(0.1); };
  const std::vector<CallbackSpec> halve{Halve{.at = 1}};
  Model whole = line(rate());
  const History history = whole.fit(data, {.epochs = 5, .batch_size = 2, .callbacks = halve});
  Model begun = line(rate());
  int asked = 0;  // stops in the third epoch's second step
  const FitResult part =
      begun.fit_run(data, {.epochs = 5, .batch_size = 2, .callbacks = halve, .interrupted = [&] { return ++asked == 10; }});
  REQUIRE(part.interrupted);
  write_checkpoint(file, capture_checkpoint(begun, part.state));
  Model resumed = line(rate());
  const TrainingState state = read_checkpoint(file, resumed);
  CHECK(state.rate_factor != 1);
  const FitResult rest = resumed.fit_run(data, {.epochs = 5, .batch_size = 2, .callbacks = halve, .resume = state});
  for (std::int64_t e = 0; e < 5; ++e) CHECK(rest.history.at("learning_rate", e) == history.at("learning_rate", e));
  CHECK(weight(resumed) == weight(whole));
  std::remove(file.c_str());
}
