// Callbacks that time, post, swap, back up and warn; and that each of them, saved and loaded after any epoch, decides as before.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "optim/catalogue.h"
#include "optim/sgd.h"
#include "tests/check/loopback_server.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/callbacks/backup_and_restore.h"
#include "tune/callbacks/combination.h"
#include "tune/callbacks/lambda_callback.h"
#include "tune/callbacks/max_time.h"
#include "tune/callbacks/model_checkpoint.h"
#include "tune/callbacks/progbar_logger.h"
#include "tune/callbacks/swap_ema_weights.h"
#include "tune/callbacks/webhook.h"
#include "tune/replay.h"

using namespace lehr;
namespace fs = std::filesystem;

namespace {

CallbackSpec spec_of(const std::string& text) { return callback_catalogue().from(parse_spec(text, "--callback")); }

std::vector<std::string> warnings(const std::vector<std::string>& specs, std::int64_t epochs = 100, bool scheduled = false) {
  std::vector<CallbackSpec> callbacks;
  for (const auto& text : specs) callbacks.push_back(spec_of(text));
  return combination_warnings(callbacks, {.epochs = epochs, .scheduled = scheduled, .validates = true});
}

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

/// Remembers what it is told, and nothing else.
class Noted final : public Run {
 public:
  explicit Noted(fs::path folder) : folder_(std::move(folder)) {}
  std::int64_t epochs() const override { return 12; }
  std::int64_t steps_per_epoch() const override { return 4; }
  void stop(const std::string& reason) override {
    told.push_back("stop: " + reason);
    stopped = true;
  }
  double learning_rate() const override { return rate; }
  void set_learning_rate(double r) override { told.push_back("rate " + std::to_string(rate = r)); }
  void reduce_learning_rate(double r) override { set_learning_rate(r); }
  double rate_factor() const override { return 1; }
  double seconds() const override { return time; }
  ScheduleRun schedule_run() const override { return {.initial = 1e-3, .epochs = 12, .steps_per_epoch = 4}; }
  bool use_averaged_weights(bool use) override {
    told.emplace_back(use ? "average" : "training weights");
    return true;
  }
  std::vector<float> snapshot() const override { return {static_cast<float>(time)}; }
  void restore(const std::vector<float>& weights) override { told.push_back("restore " + std::to_string(weights.at(0))); }
  void save_weights(const std::string& file) override { told.push_back("save " + file); }
  fs::path file(const std::string& name) const override { return folder_ / name; }
  void event(const std::string& kind, const std::string& text, bool) override { told.push_back(kind + ": " + text); }
  std::vector<std::string> told;
  double rate = 1e-3, time = 0;
  bool stopped = false;

 private:
  fs::path folder_;
};

/// Twelve epochs of four batches; before epoch `cut` the callback is saved, made again and loaded.
std::vector<std::string> decisions(const std::string& text, std::int64_t cut, const fs::path& folder) {
  const auto spec = spec_of(text);
  auto callback = spec.make();
  Noted run(folder);
  callback->on_train_begin(run);
  constexpr double losses[] = {3, 2, 2.5, 2.4, 1.9, 1.95, 1.96, 1.97, 1.98, 1.5, 1.6, 1.7};
  for (std::int64_t e = 0; e < 12 && !run.stopped; ++e) {
    if (e == cut) {
      const CallbackState state = callback->save();
      callback = spec.make();
      callback->load(state);
      callback->on_train_begin(run);
    }
    callback->on_epoch_begin(run, e);
    for (std::int64_t b = 0; b < 4; ++b) {
      run.time += 1;
      if (const auto every = callback->every_batches(); every > 0 && (b == 3 || (b + 1) % every == 0))
        callback->on_train_batch_end(
            run, {.epoch = e, .batch = b, .step = e * 4 + b + 1, .logs = [&] { return EpochLogs{{"loss", losses[e]}}; }});
    }
    callback->on_test_begin(run);
    callback->on_test_end(run);
    EpochLogs logs{{"loss", losses[e]}, {"val_loss", losses[e]}, {"learning_rate", run.rate}};
    callback->on_epoch_end(run, e, logs);
  }
  callback->on_train_end(run);
  return run.told;
}

}  // namespace

TEST_CASE("callbacks: each one of the catalogue, saved and loaded before any epoch, decides as one that was not") {
  // A callback that the list lacks fails here, so that a new one is looked at.
  const std::map<std::string, std::vector<std::string>> specs{
      {"early_stopping", {"early_stopping(patience=3, restore_best_weights=true, verbose=1)", "early_stopping(patience=2, baseline=2.2)"}},
      {"model_checkpoint",
       {"model_checkpoint('w{epoch}.npz', save_best_only=true, verbose=1)", "model_checkpoint('{epoch}-{batch}.npz', save_freq=7)",
        "model_checkpoint('{epoch}-{batch}.npz', save_freq=5, save_best_only=true, monitor=loss)"}},
      {"reduce_lr_on_plateau", {"reduce_lr_on_plateau(patience=2, cooldown=2)", "reduce_lr_on_plateau(patience=1, min_lr=1e-4)"}},
      {"learning_rate_scheduler", {"learning_rate_scheduler('initial / (1 + epoch)')", "learning_rate_scheduler('lr * 0.9')"}},
      {"csv_logger", {"csv_logger(log.csv)"}},
      {"tensorboard", {"tensorboard(logs, update_freq=batch)"}},
      {"terminate_on_nan", {"terminate_on_nan", "terminate_on_nan(policy=rollback)"}},
      {"backup_and_restore", {"backup_and_restore(backup)"}},
      {"swap_ema_weights", {"swap_ema_weights", "swap_ema_weights(swap_on_epoch=true)"}},
      {"progbar_logger", {"progbar_logger"}},
      {"webhook", {"webhook('http://127.0.0.1:1', timeout=0.2)"}},
      {"max_time", {"max_time(30s, verbose=1)"}},
  };
  for (const auto& name : callback_catalogue().names()) {
    CAPTURE(name);
    REQUIRE(specs.contains(name));
    for (const auto& text : specs.at(name)) {
      CAPTURE(text);
      const TemporaryFolder whole_folder;
      const auto whole = decisions(text, -1, whole_folder.path());
      for (std::int64_t cut = 1; cut < 12; ++cut) {
        CAPTURE(cut);
        const TemporaryFolder folder;
        auto got = decisions(text, cut, folder.path());
        // Of a fresh start the running average is asked for once more, and a dead address is named once more.
        if (name == "swap_ema_weights") got.erase(std::find(got.begin() + 1, got.end(), "training weights"));
        if (name == "webhook") continue;
        if (name == "swap_ema_weights" && got.size() == whole.size()) continue;
        CHECK(got == whole);
        if (name == "csv_logger") CHECK(read_file(folder / "log.csv") == read_file(whole_folder / "log.csv"));
      }
    }
  }
}

TEST_CASE("max_time: words, a stop in the middle of an epoch, and a recorded run") {
  CHECK(SpecConvert<Duration>::from(parse_spec("90", "t")).seconds == 90);
  CHECK(SpecConvert<Duration>::from(parse_spec("10min", "t")).seconds == 600);
  CHECK(SpecConvert<Duration>::from(parse_spec("1.5h", "t")).seconds == 5400);
  CHECK(SpecConvert<Duration>::from(parse_spec("'01:30:05'", "t")).seconds == 5405);
  CHECK_THROWS_AS(SpecConvert<Duration>::from(parse_spec("soon", "t")), Error);
  Model model = check::small_model();
  const FitResult done =
      model.fit_run(check::small_dataset(40), {.epochs = 1000, .batch_size = 8, .callbacks = {MaxTime{.time = Duration{0.05}}}});
  REQUIRE(done.stopped);
  CHECK(has(done.stopped->second, "trained for"));
  CHECK(done.history.epochs() < 1000);

  History recorded;
  for (std::int64_t e = 0; e < 5; ++e) recorded.add(e, {{"loss", 1.0}, {"seconds", 10.0}});
  const Replay short_run = replay(recorded, {.callbacks = {MaxTime{.time = Duration{25}}}});
  CHECK(short_run.epochs.size() == 3);
}

TEST_CASE("webhook: a form as RemoteMonitor sends it, JSON, further headers; an address that is not there is one warning") {
  const Dataset data = check::small_dataset(16);
  {
    LoopbackServer server("ok");
    Model model = check::small_model();
    const std::string root = server.url("");
    model.fit(data,
              {.epochs = 2, .batch_size = 8, .callbacks = {Webhook{.root = root.substr(0, root.size() - 1), .headers = {"X-Key: 7"}}}});
    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[1].starts_with("POST /publish/epoch/end/ HTTP/1.1"));
    CHECK(has(requests[1], "X-Key: 7"));
    CHECK(has(requests[1], "application/x-www-form-urlencoded"));
    CHECK(has(requests[1], "\r\n\r\ndata=%7B%22epoch%22%3A1%2C"));
    Model other = check::small_model();
    const History history =
        other.fit(data, {.epochs = 1, .batch_size = 8, .callbacks = {Webhook{.root = root, .path = "hook", .send_as_json = true}}});
    const std::string last = server.requests().back();
    const JsonValue json = JsonValue::parse(last.substr(last.find("\r\n\r\n") + 4), "body");
    CHECK(json.at("epoch").integer() == 0);
    CHECK(json.at("loss").number() == history.at("loss", 0));
  }
  Model model = check::small_model();
  const History history =
      model.fit(data, {.epochs = 3, .batch_size = 8, .callbacks = {Webhook{.root = "http://127.0.0.1:1", .timeout = 1}}});
  CHECK(history.epochs() == 3);
  REQUIRE(history.events.size() == 1);
  CHECK(has(history.events[0].text, "could not reach http://127.0.0.1:1"));
  CHECK_THROWS_AS(spec_of("webhook(root='ftp://x')").make(), Error);
}

TEST_CASE("swap_ema_weights: validation sees the average, training goes on without it; without an average it is refused") {
  const Dataset data = check::small_dataset(24), validation = check::small_dataset(12);
  const auto model_with = [](const char* text) { return check::small_model(optimizer_catalogue().from(parse_spec(text, "optimizer"))); };
  constexpr const char* averaging = "adam(1e-2, use_ema=true, ema_momentum=0.5)";
  const auto run = [&](std::vector<CallbackSpec> callbacks) {
    Model model = model_with(averaging);
    return model.fit_run(data, {.epochs = 3, .batch_size = 8, .validation_data = &validation, .callbacks = std::move(callbacks)}).history;
  };
  const History plain = run({}), swapped = run({SwapEMAWeights{}}), on_epoch = run({SwapEMAWeights{.swap_on_epoch = true}});
  CHECK(swapped.column("loss") == plain.column("loss"));
  CHECK(swapped.column("val_loss") != plain.column("val_loss"));
  CHECK(on_epoch.column("val_loss") == swapped.column("val_loss"));
  CHECK(on_epoch.column("loss") == plain.column("loss"));
  // With swap_on_epoch the callbacks behind it find the average.
  std::vector<float> seen, average;
  Model model = model_with(averaging);
  const LambdaCallback look{.on_epoch_end = [&](Run& r, std::int64_t, EpochLogs&) { seen = r.snapshot(); }};
  model.fit(data, {.epochs = 2, .batch_size = 8, .callbacks = {SwapEMAWeights{.swap_on_epoch = true}, look}});
  CHECK(seen == model.state().snapshot());  // after the last epoch the average is kept
  Model none = model_with("adam");
  CHECK_THROWS_WITH_AS(none.fit(data, {.epochs = 1, .callbacks = {SwapEMAWeights{}}}), doctest::Contains("use_ema"), Error);
}

TEST_CASE("model_checkpoint: its file is given as C++ programs give one") {
  const ModelCheckpoint literal{.filepath = "x"}, text{.filepath = std::string("x")};
  CHECK(literal.filepath == text.filepath);
  CHECK(literal.filepath.value() == "x");
  CHECK(!ModelCheckpoint{}.filepath.has_value());
  static_assert(!std::is_constructible_v<Required<double>, const char*>, "a text is no number");
}

TEST_CASE("model_checkpoint: save_freq counts batches over epochs, as Keras does") {
  const TemporaryFolder folder;
  Model model = check::small_model();
  model.fit(check::small_dataset(40),
            {.epochs = 2,
             .batch_size = 8,
             .callbacks = {ModelCheckpoint{.filepath = "{epoch}-{batch}-{loss:.1f}.npz", .save_freq = {.batches = 3}}},
             .folder = folder.path()});
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename().string().substr(0, 3));
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"1-3", "2-1", "2-4"});
}

TEST_CASE("backup_and_restore: a fit that was cut off goes on bit for bit, also in the middle of an epoch; a finished one leaves nothing") {
  const Dataset data = check::small_dataset(40);
  Model whole = check::small_model();
  whole.fit(data, {.epochs = 4, .batch_size = 8});
  for (const auto& frequency : {Frequency{}, Frequency{.batches = 3}}) {
    for (const int cut : {3, 7, 12, 18}) {
      CAPTURE(cut);
      const TemporaryFolder folder;
      const BackupAndRestore backup{.backup_dir = folder.path() + "/backup", .save_freq = frequency};
      struct Killed {};
      int asked = 0;
      FitOptions options{.epochs = 4, .batch_size = 8, .callbacks = {backup}};
      options.interrupted = [&]() -> bool {
        if (++asked == cut) throw Killed{};
        return false;
      };
      {
        Model begun = check::small_model();
        CHECK_THROWS_AS(begun.fit_run(data, options), Killed);
      }
      options.interrupted = {};
      Model again = check::small_model();
      const FitResult done = again.fit_run(data, options);
      CHECK(again.state().snapshot() == whole.state().snapshot());
      CHECK(done.history.epochs() == 4);
      CHECK_FALSE(fs::exists(folder.path() + "/backup"));
    }
  }
}

TEST_CASE("resume: with more callbacks than the checkpoint knows, fewer, or in another order, each gets its own state or begins anew") {
  const Dataset data = check::small_dataset(32);
  const auto spec_list = [](std::vector<std::string> texts) {
    std::vector<CallbackSpec> out;
    for (const auto& text : texts) out.push_back(callback_catalogue().from(parse_spec(text, "test")));
    return out;
  };
  const std::string plateau = "reduce_lr_on_plateau(monitor=loss, patience=3, min_delta=100)",
                    stopping = "early_stopping(monitor=loss, patience=4, min_delta=100)";
  Model whole = check::small_model(SGD{.learning_rate = 0.01});
  const FitResult expected = whole.fit_run(data, {.epochs = 9, .callbacks = spec_list({plateau, stopping})});
  REQUIRE(expected.stopped.has_value());
  const auto resumed = [&](std::vector<std::string> first, std::vector<std::string> then) {
    Model model = check::small_model(SGD{.learning_rate = 0.01});
    const FitResult part = model.fit_run(data, {.epochs = 2, .callbacks = spec_list(std::move(first))});
    return model.fit_run(data, {.epochs = 9, .callbacks = spec_list(std::move(then)), .resume = part.state});
  };
  const auto end_of = [](const FitResult& r) { return r.stopped ? r.stopped->first : -1; };
  CHECK(end_of(resumed({plateau, stopping}, {stopping, plateau})) == expected.stopped->first);
  CHECK(end_of(resumed({plateau}, {stopping, plateau})) == expected.stopped->first + 2);  // counts from the third epoch
  CHECK(end_of(resumed({plateau, stopping}, {stopping})) == expected.stopped->first);
  CHECK(resumed({plateau, stopping}, {plateau}).history.at("learning_rate", 4) == expected.history.at("learning_rate", 4));
}

TEST_CASE("start-up check: combinations that defeat each other are named, sound ones are not") {
  CHECK(warnings({"early_stopping(patience=20)", "reduce_lr_on_plateau(patience=5, min_delta=0)"}).empty());
  const auto late = warnings({"early_stopping(patience=10)", "reduce_lr_on_plateau(patience=10, min_delta=0)"});
  REQUIRE(late.size() == 1);
  CHECK(has(late[0], "stops before the rate is ever reduced"));
  // The lecture's pair: the rate falls a second time in the epoch that ends the run.
  const auto lecture = warnings({"early_stopping(patience=20)", "reduce_lr_on_plateau(patience=10, min_delta=0)"});
  REQUIRE(lecture.size() == 1);
  CHECK(has(lecture[0], "second reduction"));
  CHECK(warnings({"early_stopping(patience=21)", "reduce_lr_on_plateau(patience=10, min_delta=0)"}).empty());
  const auto deltas = warnings({"early_stopping(patience=20)", "reduce_lr_on_plateau(patience=5)"});
  REQUIRE(deltas.size() == 1);
  CHECK(has(deltas[0], "0.0001"));
  CHECK(warnings({"early_stopping(patience=20, monitor=loss)", "reduce_lr_on_plateau(patience=50)"}).empty());
  CHECK(has(warnings({"reduce_lr_on_plateau(patience=5)"}, 100, true).at(0), "schedule"));
  CHECK(has(warnings({"reduce_lr_on_plateau(patience=5)", "learning_rate_scheduler('lr * 0.9')"}).at(0), "overwrites"));
  CHECK(has(warnings({"early_stopping(patience=20)"}, 10).at(0), "cannot stop a run of 10 epochs"));
  CHECK(has(warnings({"reduce_lr_on_plateau(patience=20)"}, 10).at(0), "cannot act"));
}
