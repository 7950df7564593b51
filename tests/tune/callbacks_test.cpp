// Callbacks in a real training: batches, losses that are no number, files, and what a resumed run knows.
#include "tune/callback.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "engine/atomic_file.h"
#include "engine/spec/parse.h"
#include "optim/sgd.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/callbacks/csv_logger.h"
#include "tune/callbacks/early_stopping.h"
#include "tune/callbacks/lambda_callback.h"
#include "tune/callbacks/learning_rate_scheduler.h"
#include "tune/callbacks/reduce_lr_on_plateau.h"
#include "tune/callbacks/terminate_on_nan.h"
#include "tune/replay.h"

using namespace lehr;

namespace {

/// y = x * w with one row of infinity at `bad` (none: -1).
Dataset rows_with_a_bad_one(std::int64_t rows, std::int64_t bad) {
  Dataset data{.x = Array({rows, 1}, DType::f32), .y = Array({rows, 1}, DType::f32)};
  for (std::int64_t i = 0; i < rows; ++i) {
    data.x.as<float>()[static_cast<std::size_t>(i)] = i == bad ? std::numeric_limits<float>::infinity() : 1.0F;
    data.y.as<float>()[static_cast<std::size_t>(i)] = 2.0F;
  }
  return data;
}
Model line_model() {
  return Model(Network(Shape{1}).add(Dense{.units = 1}), {.optimizer = SGD{.learning_rate = 0.1}, .backend = std::make_shared<Cpu>(1)});
}
std::vector<std::string> events_of(const History& history, const std::string& kind) {
  std::vector<std::string> out;
  for (const auto& e : history.events)
    if (e.kind == kind) out.push_back(e.text);
  return out;
}

}  // namespace

TEST_CASE("callbacks: batches are seen as often as was asked, and the last one of an epoch") {
  std::vector<std::int64_t> seen;
  std::vector<double> losses;
  const LambdaCallback look{.on_train_batch_end =
                                [&](Run&, const BatchEnd& end) {
                                  seen.push_back(end.batch);
                                  losses.push_back(*find_log(end.logs(), "loss"));
                                },
                            .every_batches = 3};
  Model model = check::small_model();
  const FitResult done = model.fit_run(check::small_dataset(29), {.epochs = 1, .batch_size = 4, .callbacks = {look}});
  CHECK(seen == std::vector<std::int64_t>{2, 5, 7});
  CHECK(losses.back() == done.history.at("loss", 0));
}

TEST_CASE("callbacks: a stop between batches ends the epoch, which still counts") {
  int batches = 0;
  const LambdaCallback stopper{.on_train_batch_end = [&](Run& run, const BatchEnd& end) {
    ++batches;
    if (end.batch == 2) run.stop("enough");
  }};
  Model model = check::small_model();
  const FitResult done = model.fit_run(check::small_dataset(40), {.epochs = 5, .batch_size = 4, .callbacks = {stopper}});
  CHECK(batches == 3);
  CHECK(done.history.epochs() == 1);
  REQUIRE(done.stopped);
  CHECK(done.stopped->second == "enough");
}

TEST_CASE("terminate_on_nan: names the batch, stops, and the weights are those before it") {
  const Dataset data = rows_with_a_bad_one(40, 20);
  Model model = line_model(), before = line_model();
  const FitResult done = model.fit_run(data, {.epochs = 3, .batch_size = 4, .shuffle = false, .callbacks = {TerminateOnNaN{}}});
  CHECK(events_of(done.history, "diverged") == std::vector<std::string>{"Batch 5: Invalid loss, terminating training"});
  CHECK(done.history.epochs() == 1);
  CHECK(std::isnan(done.history.at("loss", 0)) == !std::isinf(done.history.at("loss", 0)));
  before.fit_run(rows_with_a_bad_one(20, -1), {.epochs = 1, .batch_size = 4, .shuffle = false});
  CHECK(model.state().snapshot() == before.state().snapshot());
}

TEST_CASE("terminate_on_nan: rolls back to the epoch's begin, halves the rate, and stops after so many times") {
  const Dataset data = rows_with_a_bad_one(40, 20);
  Model model = line_model();
  model.build(Shape{1});
  const auto begin = model.state().snapshot();
  const FitResult done = model.fit_run(
      data, {.epochs = 9, .batch_size = 4, .shuffle = false, .callbacks = {TerminateOnNaN{.policy = NanPolicy::rollback, .rollbacks = 2}}});
  CHECK(events_of(done.history, "rolled back").size() == 2);
  CHECK(events_of(done.history, "diverged").size() == 1);
  CHECK(done.history.epochs() == 3);
  CHECK(done.history.at("learning_rate", 0) == doctest::Approx(0.1));
  CHECK(done.history.at("learning_rate", 1) == doctest::Approx(0.05));
  CHECK(done.history.at("learning_rate", 2) == doctest::Approx(0.025));
  CHECK(model.state().snapshot() != begin);  // the third epoch's first five batches stand
  // The batch that it names is that of its own epoch, also where nobody looks before an epoch's last batch.
  for (const auto& text : events_of(done.history, "rolled back")) CHECK(text.starts_with("Batch 5: "));
  CHECK(events_of(done.history, "diverged")[0].starts_with("Batch 5: "));
  CHECK(std::isfinite(model.state().snapshot().at(0)));
}

TEST_CASE("csv_logger: the bytes of Keras's file") {
  const TemporaryFolder folder;
  Model model = line_model();
  const FitResult done = model.fit_run(
      rows_with_a_bad_one(8, -1),
      {.epochs = 2, .batch_size = 4, .callbacks = {CSVLogger{.filename = "log.csv", .separator = ";"}}, .folder = folder.path()});
  const std::string text = read_file(folder / "log.csv");
  CHECK(text.starts_with("epoch;learning_rate;loss;val_learning_rate;val_loss\r\n0;0.10000000149011612;"));
  CHECK(text.ends_with(";NA;NA\r\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("validation_freq: epochs between have no val_ value, callbacks pass over them, and a replay decides as the run did") {
  const Dataset train = check::small_dataset(29), validation = check::small_dataset(13);
  Model model = check::small_model(SGD{.learning_rate = 0.0});  // nothing improves
  const EarlyStopping stopping{.monitor = "val_loss", .patience = 2};
  const FitResult done =
      model.fit_run(train, {.epochs = 12, .batch_size = 8, .validation_data = &validation, .validation_freq = 3, .callbacks = {stopping}});
  REQUIRE(done.stopped.has_value());
  CHECK(done.stopped->first == 8);  // validated after the 3rd, 6th and 9th
  for (std::int64_t epoch = 0; epoch < 9; ++epoch) {
    CHECK(std::isnan(done.history.at("val_loss", epoch)) == ((epoch + 1) % 3 != 0));
    CHECK(std::isnan(done.history.at("val_accuracy", epoch)) == ((epoch + 1) % 3 != 0));
    CHECK(std::isfinite(done.history.at("loss", epoch)));
  }
  const Replay again = replay(done.history, {.learning_rate = 0.1, .callbacks = {stopping}});
  CHECK(again.epochs.size() == 9);
  CHECK(again.epochs.back().stop);
  CHECK_THROWS_AS(model.fit(train, {.validation_data = &validation, .validation_freq = 0}), Error);
}

TEST_CASE("callbacks: a recursive schedule and a plateau go on where a run was left in the middle of an epoch") {
  const Dataset data = check::small_dataset(32);
  const auto options = [] {
    const auto catalogue_spec = [](const char* text) { return callback_catalogue().from(parse_spec(text, "test")); };
    return FitOptions{.epochs = 6,
                      .batch_size = 4,
                      .callbacks = {catalogue_spec("learning_rate_scheduler('lr / (1 + 0.5 * epoch)')"),
                                    catalogue_spec("reduce_lr_on_plateau(monitor=loss, factor=0.5, patience=1, min_delta=100)"),
                                    catalogue_spec("terminate_on_nan(policy=rollback)")}};
  };
  Model whole = check::small_model();
  const FitResult reference = whole.fit_run(data, options());

  Model parted = check::small_model();
  int asked = 0;
  FitOptions first = options();
  first.interrupted = [&] { return ++asked > 19; };
  const FitResult left = parted.fit_run(data, first);
  REQUIRE(left.interrupted);
  REQUIRE(left.state.position.step > 0);
  FitOptions rest = options();
  rest.resume = left.state;
  const FitResult done = parted.fit_run(data, rest);
  CHECK(parted.state().snapshot() == whole.state().snapshot());
  CHECK(done.history.column("learning_rate") == reference.history.column("learning_rate"));
  CHECK(done.history.column("loss") == reference.history.column("loss"));
  CHECK(reference.history.at("learning_rate", 5) < 0.2 * reference.history.at("learning_rate", 1));
}
