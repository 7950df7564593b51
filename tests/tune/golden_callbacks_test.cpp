// What Keras's own tests say about callbacks (upstream.json), and what follows from its formulas about a run (derived.json).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>

#include "engine/data/csv.h"
#include "engine/data/split.h"
#include "engine/spec/parse.h"
#include "kernels/metrics.h"
#include "layers/activations.h"
#include "optim/sgd.h"
#include "tests/check/golden.h"
#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/callbacks/csv_logger.h"
#include "tune/callbacks/learning_rate_scheduler.h"
#include "tune/callbacks/model_checkpoint.h"
#include "tune/find_lr.h"
#include "tune/keras_optimizer.h"
#include "tune/replay.h"
#include "weights/tensor_file.h"

using namespace lehr;

namespace {

using Answers = std::map<std::string, std::function<void(const JsonValue& inputs, const JsonValue& params, const JsonValue& expected)>>;

/// Every case that `mine` names by how its component begins: answered, or in skipped.json.
void answer_all(const std::string& file, const Answers& answers, const std::function<bool(const JsonValue&)>& mine) {
  check::Book book(file);
  const JsonValue cases = JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/" + file), file);
  const JsonValue none = JsonValue::object();
  for (const auto& c : cases.elements()) {
    if (!mine(c)) continue;
    const std::string& id = c.at("id").string();
    CAPTURE(id);
    if (const auto answer = answers.find(id); answer != answers.end()) {
      const JsonValue* params = c.find("params");
      answer->second(c.at("inputs"), params == nullptr ? none : *params, c.at("expected"));
      book.ran(id, 0);
    } else {
      book.skipped(id, "no answer here");
    }
  }
  book.close(file);
}

History recorded(const std::string& monitor, const std::vector<double>& values) {
  History history;
  for (std::size_t i = 0; i < values.size(); ++i) history.add(static_cast<std::int64_t>(i), {{monitor, values[i]}});
  return history;
}

CallbackSpec callback(const std::string& class_name, const JsonValue& config) {
  return callback_catalogue().from(check::recorded_spec(class_name, config));
}

JsonValue without(const JsonValue& object, const std::string& key) {
  JsonValue out = JsonValue::object();
  for (const auto& [name, value] : object.members())
    if (name != key) out[name] = value;
  return out;
}

/// A monitored value that rises improves where more is better, and only there: who has no patience stops at once otherwise.
void check_mode(const JsonValue&, const JsonValue& params, const JsonValue& expected) {
  const Replay rising = replay(recorded(params.at("monitor").string(), {1, 2, 3, 4}),
                               {.learning_rate = 0.1, .callbacks = {callback("EarlyStopping", params)}});
  CHECK(rising.epochs.back().stop == (expected.at("direction").string() == "min"));
}

void check_restore(const JsonValue& inputs, const JsonValue& params, const JsonValue& expected) {
  const Replay done = replay(recorded("val_loss", check::flat(inputs.at("val_loss_per_epoch"))),
                             {.learning_rate = 0.1, .callbacks = {callback("EarlyStopping", params)}});
  CHECK(done.restored_epoch == expected.at("restored_epoch").integer());
  if (const JsonValue* trained = expected.find("epochs_trained")) CHECK(std::ssize(done.epochs) == trained->integer());
}

Dataset four_classes(std::int64_t rows) { return check::small_dataset(rows); }

History one_epoch(const std::string& schedule) {
  Model model = check::small_model(SGD{.learning_rate = 0.1});
  return model.fit(
      four_classes(8),
      {.epochs = 1, .callbacks = {callback_catalogue().from(parse_spec("learning_rate_scheduler('" + schedule + "')", "test"))}});
}

void check_save_freq(const JsonValue& inputs, const JsonValue& params, const JsonValue& expected) {
  const TemporaryFolder folder;
  Model model = check::small_model();
  model.fit(four_classes(inputs.at("samples").integer()),
            {.epochs = inputs.at("epochs").integer(),
             .batch_size = inputs.at("batch_size").integer(),
             .callbacks = {ModelCheckpoint{.filepath = params.at("filepath").string(),
                                           .save_freq = {.batches = params.at("save_freq").integer()}}},
             .folder = folder.path()});
  const auto exists = [&](const JsonValue& epoch) {
    return std::filesystem::exists(folder / fmt::format("checkpoint.epoch{:02d}.keras", epoch.integer()));
  };
  for (const auto& epoch : expected.at("files_exist_for_epochs").elements()) CHECK(exists(epoch));
  for (const auto& epoch : expected.at("not_for").elements()) CHECK_FALSE(exists(epoch));
  const TensorFile saved = read_tensor_file(folder / "checkpoint.epoch03.keras");  // the whole model, after 15 steps
  CHECK_FALSE(saved.model_config.empty());
  CHECK(saved.optimizer.value().values.at(0).as<std::int64_t>()[0] == params.at("save_freq").integer());
}

/// Batches of one loss and one accuracy each: no weight, so that the outputs are the inputs.
void check_partial_batch(const JsonValue& inputs, const JsonValue&, const JsonValue& expected) {
  const auto sizes = check::flat(inputs.at("batch_sizes")), losses = check::flat(inputs.at("batch_loss")),
             accuracies = check::flat(inputs.at("batch_accuracy"));
  std::vector<float> x, y;
  for (std::size_t b = 0; b < sizes.size(); ++b)
    for (double i = 0; i < sizes[b]; ++i) {
      y.push_back(i < accuracies[b] * sizes[b] ? 1.0F : 0.0F);  // every output is above a half
      x.push_back(y.back() + static_cast<float>(losses[b]));
    }
  const auto rows = std::ssize(x);
  const Dataset data{.x = Array::from<float>({rows, 1}, x), .y = Array::from<float>({rows, 1}, y)};
  Model model(network_from_text("activation(linear)"), {.loss = MeanAbsoluteError{}, .metrics = {{Accuracy()}}});
  const Evaluation found = model.evaluate(data, static_cast<std::int64_t>(sizes[0]));
  CHECK(found.value("loss") == doctest::Approx(expected.at("loss").number()).epsilon(1e-6));
  CHECK(found.value("accuracy") == doctest::Approx(expected.at("accuracy").number()).epsilon(1e-6));
}

/// keras_lr_finder smooths nothing: beta = 0.
void check_range_test(const JsonValue& inputs, const JsonValue&, const JsonValue& expected) {
  const auto losses = check::flat(inputs.at("batch_losses")), rates = check::flat(expected.at("lrs"));
  const RangeTestSpec spec{.count = 1, .capacity = std::ssize(losses), .beta = 0, .factor = 4};
  std::vector<double> trace(static_cast<std::size_t>(spec.elements()));
  StepCounters counters;
  std::int64_t recorded = 0;
  for (const double loss : losses) {
    if (counters.stop != 0) break;
    range_test_step(spec, loss, trace.data(), &counters);
    ++counters.cursor;
    ++recorded;
  }
  CHECK(recorded == expected.at("recorded").integer());
  Model model = check::small_model(SGD{.learning_rate = 0.1});
  const Dataset data = four_classes(16);
  model.build(data.sample_shape());
  const RateTrace run = range_test(model, data,
                                   {.from = inputs.at("start_lr").number(),
                                    .to = inputs.at("end_lr").number(),
                                    .steps = std::ssize(losses),
                                    .diverged = 0,
                                    .batch_size = 8});
  REQUIRE(run.rates.size() >= rates.size());
  for (std::size_t i = 0; i < rates.size(); ++i) CHECK(run.rates[i] == doctest::Approx(rates[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("golden: the callback cases of Keras's own tests") {
  Answers answers{{"cb.early_stopping.restore", check_restore},
                  {"cb.early_stopping.restore_baseline", check_restore},
                  {"cb.model_checkpoint.save_freq", check_save_freq}};
  for (const char* mode : {"max.val_mse", "min.val_loss", "auto.val_mse", "auto.loss", "auto.hinge", "auto.f1_score"})
    answers[std::string("cb.early_stopping.mode.") + mode] = check_mode;
  answers["cb.reduce_lr.min_lr"] = [](const JsonValue& inputs, const JsonValue& params, const JsonValue& expected) {
    const Replay done = replay(
        recorded("val_loss", check::flat(inputs.at("monitored_values"))),
        {.learning_rate = params.at("initial_lr").number(), .callbacks = {callback("ReduceLROnPlateau", without(params, "initial_lr"))}});
    CHECK(done.epochs.back().learning_rate == doctest::Approx(expected.at("final_lr").number()).epsilon(1e-6));
  };
  answers["cb.csv_logger.validation_freq"] = [](const JsonValue& inputs, const JsonValue&, const JsonValue& expected) {
    const TemporaryFolder folder;
    const Dataset validation = four_classes(4);
    Model model = check::small_model();
    model.fit(four_classes(8), {.epochs = inputs.at("epochs").integer(),
                                .batch_size = 8,
                                .validation_data = &validation,
                                .validation_freq = inputs.at("validation_freq").integer(),
                                .callbacks = {CSVLogger{.filename = "log.csv"}},
                                .folder = folder.path()});
    const auto log = parse_csv(read_file(folder / "log.csv"), "log.csv");
    const auto column = static_cast<std::size_t>(std::find(log.at(0).begin(), log.at(0).end(), "val_loss") - log.at(0).begin());
    const JsonValue& cells = expected.at("val_loss_column");
    REQUIRE(log.size() == cells.size() + 1);
    for (std::size_t i = 0; i < cells.size(); ++i) CHECK((log[i + 1].at(column) == "NA") == (cells.at(i).string() == "NA"));
  };
  answers["cb.lr_scheduler.one_arg"] = [](const JsonValue&, const JsonValue& params, const JsonValue& expected) {
    CHECK(one_epoch(params.at("schedule").string()).at("learning_rate", 0) == expected.at("final_lr").number());
  };
  answers["cb.lr_scheduler.history"] = [](const JsonValue&, const JsonValue& params, const JsonValue& expected) {
    CHECK(one_epoch(params.at("schedule").string()).at(expected.at("history_key").string(), 0) == expected.at("value").number());
  };
  answers["opt.variable_count"] = [](const JsonValue&, const JsonValue& params, const JsonValue& expected) {
    Model model = check::small_model(SGD{.learning_rate = params.at("learning_rate").number()});
    model.fit(four_classes(8), {.batch_size = 8});
    const auto variables = optimizer_variables(model.options().optimizer, model.state(), params.at("learning_rate").number()).values;
    REQUIRE(std::ssize(variables) == expected.at("num_variables").integer());
    CHECK(variables[0].as<std::int64_t>()[0] == expected.at("iteration_after_one_step").integer());
    CHECK(variables[1].as<float>()[0] == 0.5F);
  };
  answer_all("upstream.json", answers, [](const JsonValue& c) {
    return c.at("component").string().starts_with("callback.") || c.at("id").string() == "opt.variable_count";
  });
}

TEST_CASE("golden: what follows from Keras's formulas about a run") {
  Answers answers{{"epoch_metric.partial_batch", check_partial_batch}, {"lr_finder.trace", check_range_test}};
  answers["reduce_lr.lecture_messages"] = [](const JsonValue& inputs, const JsonValue&, const JsonValue& expected) {
    const Replay done = replay(
        recorded("val_loss", std::vector<double>(40, 1.0)),
        {.learning_rate = inputs.at("initial_lr").number(),
         .callbacks = {callback(
             "ReduceLROnPlateau",
             JsonValue::object({{"factor", inputs.at("factor")}, {"min_lr", inputs.at("min_lr")}, {"patience", 3}, {"verbose", 1}}))}});
    std::vector<std::string> printed;
    for (const auto& epoch : done.epochs)
      for (const auto& event : epoch.events) printed.push_back(event.text);
    const auto& want = expected.at("printed").elements();
    REQUIRE(printed.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) CHECK_MESSAGE(printed[i].ends_with("to " + want[i].string() + "."), printed[i]);
  };
  answers["validation_split"] = [](const JsonValue& inputs, const JsonValue&, const JsonValue& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Dataset data{.x = Array({inputs.at("cases").at(i).at(0).integer(), 1}, DType::u8)};
      const SplitRows rows = split_rows(data, inputs.at("cases").at(i).at(1).number());
      CHECK(std::ssize(rows.train) == expected.at(i).integer());
      CHECK(rows.held_out.front() == expected.at(i).integer());  // the last rows
    }
  };
  answer_all("derived.json", answers, [](const JsonValue& c) {
    const std::string& id = c.at("id").string();
    for (const char* elsewhere : {"hyperband.", "kt.", "python_random.", "lecture.", "clip_bounds_f32"})
      if (id.starts_with(elsewhere)) return false;
    return true;
  });
}
