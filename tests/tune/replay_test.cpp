// Callbacks meet recorded numbers: 40 runs of real Keras, epoch by epoch and word for word, and the log that the lecture prints.
#include "tune/replay.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/json.h"
#include "engine/spec/parse.h"
#include "tests/check/golden_ran.h"
#include "tune/callbacks/early_stopping.h"
#include "tune/callbacks/model_checkpoint.h"
#include "tune/callbacks/reduce_lr_on_plateau.h"

using namespace lehr;

namespace {

History history_of(const std::vector<double>& val_loss) {
  History history;
  for (std::size_t i = 0; i < val_loss.size(); ++i) history.add(static_cast<std::int64_t>(i), {{"loss", 1.0}, {"val_loss", val_loss[i]}});
  return history;
}

CallbackSpec spec_of(const std::string& text) { return callback_catalogue().from(parse_spec(text, "test")); }

std::vector<std::string> texts_of(const Replay& done) {
  std::vector<std::string> out;
  for (const auto& e : done.epochs)
    for (const auto& event : e.events) out.push_back(event.text);
  return out;
}

/// The epochs (from 1) in which the rate fell.
std::vector<std::int64_t> reductions(const Replay& done) {
  std::vector<std::int64_t> out;
  for (const auto& e : done.epochs)
    for (const auto& event : e.events)
      if (event.kind == "reduced") out.push_back(e.epoch + 1);
  return out;
}

/// The lecture's 50 epochs: the 18 values that its log prints, and in between any that is not below the best.
std::vector<double> lecture_losses() {
  const std::vector<std::pair<int, double>> printed{{1, 3.63002},  {2, 3.14162},  {3, 2.69129},  {4, 2.38674},  {5, 1.86158},
                                                    {6, 1.60096},  {7, 1.30128},  {8, 1.01901},  {9, 0.90223},  {10, 0.66062},
                                                    {12, 0.59440}, {13, 0.56035}, {14, 0.49699}, {16, 0.44442}, {19, 0.40150},
                                                    {20, 0.35641}, {32, 0.35182}, {36, 0.30715}};
  std::vector<double> out(50);
  double best = 0;
  std::size_t next = 0;
  for (int epoch = 1; epoch <= 50; ++epoch) {
    const bool is_printed = next < printed.size() && printed[next].first == epoch;
    if (is_printed) best = printed[next++].second;
    // The best once more, or a little above it.
    out[static_cast<std::size_t>(epoch - 1)] = is_printed ? best : best + (epoch % 3 == 0 ? 0 : 0.01);
  }
  return out;
}

}  // namespace

TEST_CASE("replay: a history without learning rates is replayed from Keras's usual one, and that is said") {
  History h;
  for (std::int64_t i = 0; i < 3; ++i) h.add(i, {{"loss", 1.0}});
  CHECK(replay_text(replay(h, {})).find("is assumed") != std::string::npos);
  CHECK(replay_text(replay(h, {.learning_rate = 0.1})).find("is assumed") == std::string::npos);
  History with_rates;
  for (std::int64_t i = 0; i < 3; ++i) with_rates.add(i, {{"loss", 1.0}, {"learning_rate", 0.02}});
  CHECK(replay_text(replay(with_rates, {})).find("is assumed") == std::string::npos);
}

TEST_CASE("golden: callbacks, 40 recorded runs of Keras, epoch by epoch, message by message") {
  const JsonValue cases = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/keras/callbacks.json"), "callbacks.json");
  REQUIRE(cases.size() == 40);
  for (std::size_t n = 0; n < cases.size(); ++n) {
    CAPTURE(n);
    const JsonValue& c = cases.at(n);
    std::vector<double> losses;
    for (const auto& v : c.at("val_loss").elements()) losses.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.number());
    ReplayOptions options{.learning_rate = c.at("initial_lr").number()};
    for (const auto& [key, name] : {std::pair{"early_stopping", "EarlyStopping"}, {"reduce_lr_on_plateau", "ReduceLROnPlateau"}})
      if (const JsonValue& config = c.at(key); !config.is_null())
        options.callbacks.push_back(
            callback_catalogue().from(spec_from_json(JsonValue::object({{"class_name", name}, {"config", config}}), name)));
    const Replay done = replay(history_of(losses), options);
    const auto& want = c.at("epochs").elements();
    REQUIRE(done.epochs.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      CAPTURE(i);
      CHECK(done.epochs[i].epoch == want[i].at("epoch").integer());
      CHECK(done.epochs[i].learning_rate == want[i].at("lr").number());
      CHECK(done.epochs[i].stop == want[i].at("stop").boolean());
    }
    CHECK(done.restored_epoch.value_or(done.epochs.back().epoch) == c.at("final_weights_are_those_of_epoch").integer());
    std::vector<std::string> messages;
    for (const auto& m : c.at("messages").elements()) messages.push_back(m.string());
    CHECK(texts_of(done) == messages);
    check::golden_ran("callbacks.json", std::to_string(n));
  }
}

TEST_CASE("callbacks: the lecture's ModelCheckpoint log, line by line") {
  const History history = history_of(lecture_losses());
  const Replay done = replay(history, {.callbacks = {spec_of("model_checkpoint(best.weights.h5, save_best_only=true, first=inf)")}});
  const auto lines = texts_of(done);
  REQUIRE(lines.size() == 50);
  CHECK(lines[0] == "Epoch 1: val_loss improved from inf to 3.63002, saving model to best.weights.h5");
  CHECK(lines[1] == "Epoch 2: val_loss improved from 3.63002 to 3.14162, saving model to best.weights.h5");
  CHECK(lines[10] == "Epoch 11: val_loss did not improve from 0.66062");
  CHECK(lines[35] == "Epoch 36: val_loss improved from 0.35182 to 0.30715, saving model to best.weights.h5");
  CHECK(lines[49] == "Epoch 50: val_loss did not improve from 0.30715");
  int improved = 0, kept = 0;
  for (const auto& e : done.epochs) {
    improved += e.events.at(0).kind == "improved";
    kept += e.events.at(0).kind == "kept";
  }
  CHECK(improved == 18);
  CHECK(kept == 32);
  CHECK(texts_of(replay(history, {.callbacks = {spec_of("model_checkpoint(best.weights.h5, save_best_only=true)")}}))[0] ==
        "Epoch 1: val_loss improved from None to 3.63002, saving model to best.weights.h5");
  CHECK_THROWS_WITH_AS(replay(history, {.callbacks = {spec_of("model_checkpoint(best.weights.h5, save_weights_only=false)")}}),
                       doctest::Contains("ending in .keras"), Error);
}

TEST_CASE("callbacks: what a plateau and early stopping would have made of the lecture's log") {
  const History history = history_of(lecture_losses());
  const auto plateau = spec_of("reduce_lr_on_plateau(factor=0.1, patience=10)");
  const Replay reduced = replay(history, {.learning_rate = 1e-4, .callbacks = {plateau}});
  CHECK(reductions(reduced) == std::vector<std::int64_t>{30, 46});
  CHECK(reduced.epochs[28].learning_rate == doctest::Approx(1e-4));
  CHECK(reduced.epochs[29].learning_rate == doctest::Approx(1e-5));
  CHECK(reduced.epochs[45].learning_rate == doctest::Approx(1e-6));
  const Replay patient = replay(history, {.callbacks = {spec_of("early_stopping(patience=20, restore_best_weights=true)")}});
  CHECK(patient.epochs.size() == 50);
  CHECK(patient.why.empty());
  CHECK(patient.restored_epoch == 35);
  const Replay short_of = replay(history, {.callbacks = {spec_of("early_stopping(patience=12, restore_best_weights=true)")}});
  CHECK(short_of.epochs.size() == 48);
  CHECK(short_of.epochs.back().stop);
}

TEST_CASE("callbacks: a plateau scales what a scheduler sets") {
  const History history = history_of({1, 1, 1, 1, 1, 1});
  const Replay done = replay(history, {.learning_rate = 0.1,
                                       .callbacks = {spec_of("learning_rate_scheduler('initial / (1 + epoch)')"),
                                                     spec_of("reduce_lr_on_plateau(factor=0.5, patience=2, min_delta=0)")}});
  CHECK(done.epochs[1].learning_rate == doctest::Approx(0.1 / 2));
  CHECK(done.epochs[2].learning_rate == doctest::Approx(0.1 / 3 * 0.5));
  CHECK(done.epochs[3].learning_rate == doctest::Approx(0.1 / 4 * 0.5));
  CHECK(done.epochs[4].learning_rate == doctest::Approx(0.1 / 5 * 0.25));
}

TEST_CASE("callbacks: state saved after any epoch and loaded into a fresh one changes nothing") {
  const History whole = history_of(lecture_losses());
  for (const char* text : {"early_stopping(patience=12, restore_best_weights=true)", "reduce_lr_on_plateau(patience=3, cooldown=2)",
                           "model_checkpoint(best.weights.h5, save_best_only=true)"}) {
    CAPTURE(text);
    for (std::int64_t cut = 1; cut < 48; cut += 5) {
      const auto spec = spec_of(text);
      std::vector<std::string> states;
      for (const bool interrupted : {false, true}) {
        auto callback = spec.make();
        struct Quiet final : Run {
          double rate = 1e-3;
          std::int64_t epochs() const override { return 50; }
          std::int64_t steps_per_epoch() const override { return 1; }
          void stop(const std::string&) override {}
          double learning_rate() const override { return rate; }
          void set_learning_rate(double r) override { rate = r; }
          void reduce_learning_rate(double r) override { rate = r; }
          double rate_factor() const override { return 1; }
          ScheduleRun schedule_run() const override { return {}; }
          std::vector<float> snapshot() const override { return {1}; }
          void restore(const std::vector<float>&) override {}
          void save_weights(const std::string&) override {}
          std::filesystem::path file(const std::string& name) const override { return name; }
          void event(const std::string&, const std::string&, bool) override {}
        } run;
        for (std::int64_t e = 0; e < 50; ++e) {
          if (interrupted && e == cut) {
            const CallbackState state = callback->save();
            callback = spec.make();
            callback->load(state);
          }
          EpochLogs logs{{"val_loss", whole.at("val_loss", e)}};
          callback->on_epoch_end(run, e, logs);
        }
        states.push_back(callback->save().text);
      }
      CHECK(states[0] == states[1]);
    }
  }
}

TEST_CASE("replay: a monitor that the history lacks is named with those it has") {
  CHECK_THROWS_WITH_AS(replay(history_of({1, 2}), {.callbacks = {spec_of("early_stopping(monitor=val_accuracy)")}}),
                       doctest::Contains("loss, val_loss"), Error);
}
