// Property: a run that is saved and loaded at any step is the run that was not: every optimizer, with schedules and callbacks drawn for it,
// left at steps drawn at random, also in the middle of an epoch. Bits, not nearness.
#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <random>

#include "engine/spec/parse.h"
#include "optim/catalogue.h"
#include "optim/learning_rate.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/checkpoint.h"
#include "tune/metric_list.h"

using namespace lehr;

namespace {

constexpr std::int64_t epochs = 4, rows = 29, batch = 8, steps = 4;

const std::vector<std::string> schedules{"",
                                         "exponential_decay(0.01, 3, 0.7)",
                                         "piecewise_constant_decay([3, 9], [0.01, 0.003, 0.001])",
                                         "polynomial_decay(0.01, 11, end_learning_rate=0.001, power=2)",
                                         "inverse_time_decay(0.01, 4, 0.5)",
                                         "cosine_decay(0.001, 10, warmup_target=0.01, warmup_steps=3)",
                                         "cosine_decay_restarts(0.01, 5)",
                                         "time_based_decay(0.1)",
                                         "step_decay(0.5, 2)",
                                         "warmup(30%, cosine(end=0.001))",
                                         "'initial * 0.5 ** floor(epoch / 2)'"};

/// Sets that people use together, and those whose state is hard to keep.
const std::vector<std::vector<std::string>> callback_sets{
    {},
    {"early_stopping(monitor=loss, patience=1, restore_best_weights=true)"},
    {"reduce_lr_on_plateau(monitor=val_loss, factor=0.5, patience=1, min_delta=10)", "early_stopping(monitor=val_recall, patience=2)"},
    {"learning_rate_scheduler('initial / (1 + epoch)')", "reduce_lr_on_plateau(monitor=loss, factor=0.3, patience=1, min_delta=10)"},
    {"learning_rate_scheduler('lr * 0.9')", "csv_logger(log.csv)", "terminate_on_nan"},
    {"model_checkpoint('best.npz', monitor=val_auc, save_best_only=true)", "terminate_on_nan(policy=rollback)"}};

struct Drawn {
  std::string optimizer, schedule;
  std::vector<std::string> callbacks;

  std::string text() const {
    std::string out = optimizer + ", " + (schedule.empty() ? "no schedule" : schedule);
    for (const auto& c : callbacks) out += ", " + c;
    return out;
  }
  Model model() const {
    Optimizer made = optimizer_catalogue().from(parse_spec(optimizer, "--optimizer"));
    if (!schedule.empty())
      made = made.with_learning_rate(
          LearningRate::over(made.learning_rate(), SpecConvert<LearningRate>::from(parse_spec(schedule, "--learning-rate"))));
    MetricList metrics = metrics_from_text({"accuracy, recall, auc"});
    return Model(check::small_network(), {.optimizer = made,
                                          .metrics = metrics.metrics,
                                          .class_metrics = metrics.class_metrics,
                                          .seed = 7,
                                          .backend = std::make_shared<Cpu>(2),
                                          .input = rescaling(1.0 / 255)});
  }
  std::vector<CallbackSpec> made_callbacks() const {
    std::vector<CallbackSpec> out;
    for (const auto& text : callbacks) out.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
    return out;
  }
};

struct Ended {
  History history = {};
  NamedArrays weights = {};
  std::vector<float> slots = {};
};

Ended ended(Model& model, FitResult result) {
  Ended out{.history = std::move(result.history), .weights = model.weights()};
  out.slots.resize(model.state().slots().bytes() / sizeof(float));
  if (!out.slots.empty()) model.backend().copy_out(out.slots.data(), model.state().slots().data, out.slots.size() * sizeof(float));
  return out;
}

/// Columns and events alike; seconds are nobody's.
void check_same(const Ended& got, const Ended& whole) {
  REQUIRE(got.history.names == whole.history.names);
  REQUIRE(got.history.epochs() == whole.history.epochs());
  for (const auto& name : whole.history.names)
    for (std::int64_t i = 0; i < whole.history.epochs() && name != "seconds"; ++i) {
      CAPTURE(name);
      CHECK(std::bit_cast<std::uint64_t>(got.history.at(name, i)) == std::bit_cast<std::uint64_t>(whole.history.at(name, i)));
    }
  REQUIRE(got.history.events.size() == whole.history.events.size());
  for (std::size_t i = 0; i < whole.history.events.size(); ++i) CHECK(got.history.events[i].text == whole.history.events[i].text);
  REQUIRE(got.weights.size() == whole.weights.size());
  for (std::size_t i = 0; i < whole.weights.size(); ++i) {
    CAPTURE(whole.weights[i].first);
    CHECK(std::memcmp(got.weights[i].second.data(), whole.weights[i].second.data(), whole.weights[i].second.bytes()) == 0);
  }
  CHECK(got.slots == whole.slots);
}

}  // namespace

TEST_CASE("property: saved and loaded at random steps, every optimizer under drawn schedules and callbacks ends with the same bits") {
  std::mt19937 random(16);
  const auto draw = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
  const Dataset train = check::small_dataset(rows), validation = check::small_dataset(13);
  std::vector<std::string> optimizers = optimizer_catalogue().names();
  for (const char* more : {"adam(amsgrad=true, clipnorm=1)", "adam(gradient_accumulation_steps=3)", "sgd(momentum=0.9, use_ema=true)"})
    optimizers.emplace_back(more);
  REQUIRE(optimizers.size() >= 15);
  std::size_t turn = 0;
  for (const auto& optimizer : optimizers) {
    // Every schedule and every set has its turn; the steps are drawn.
    const Drawn drawn{
        .optimizer = optimizer, .schedule = schedules[turn % schedules.size()], .callbacks = callback_sets[turn % callback_sets.size()]};
    ++turn;
    CAPTURE(drawn.text());
    const TemporaryFolder whole_folder;
    const auto options = [&](const TemporaryFolder& folder) {
      return FitOptions{.epochs = epochs,
                        .batch_size = batch,
                        .validation_data = &validation,
                        .validation_freq = turn % 3 == 0 ? 2 : 1,
                        .callbacks = drawn.made_callbacks(),
                        .folder = folder.path()};
    };
    Model whole_model = drawn.model();
    const FitOptions whole_options = options(whole_folder);
    const Ended whole = ended(whole_model, whole_model.fit_run(train, whole_options));
    for (int cut = 0; cut < 3; ++cut) {
      const std::size_t first = 1 + draw(epochs * steps - 2), second = 1 + draw(steps);
      CAPTURE(first);
      CAPTURE(second);
      const TemporaryFolder folder;
      const std::string file = folder / "checkpoint.lehr";
      FitOptions part = options(folder);
      std::size_t asked = 0, limit = first;
      part.interrupted = [&] { return ++asked >= limit; };
      std::optional<TrainingState> state;
      for (int leg = 0;; ++leg) {
        Model model = drawn.model();
        model.build(train.sample_shape());
        if (leg > 0) state = read_checkpoint(file, model);
        FitOptions leg_options = part;
        leg_options.resume = state;
        if (leg == 2) leg_options.interrupted = {};
        asked = 0;
        FitResult result = model.fit_run(train, leg_options);
        if (!result.interrupted) {
          check_same(ended(model, std::move(result)), whole);
          break;
        }
        write_checkpoint(file, capture_checkpoint(model, result.state));
        limit = second;
      }
    }
  }
}
