// Precision, recall, F1 and AUC of every epoch: what validation says is what evaluate says, callbacks may watch them, and a run that was left
// in the middle of an epoch ends with the numbers of one that was not.
#include <doctest/doctest.h>

#include "tests/check/small_training.h"
#include "tests/check/temporary_folder.h"
#include "tune/callbacks/early_stopping.h"
#include "tune/callbacks/lambda_callback.h"
#include "tune/checkpoint.h"
#include "tune/history_files.h"
#include "tune/metric_list.h"

using namespace lehr;

namespace {

constexpr const char* listed = "recall, specificity, f1(average=none), auc, auc(num_thresholds=50, name=steps), precision(thresholds=0.3)";

Model model_with(const std::string& metrics) {
  MetricList list = metrics_from_text({metrics});
  return Model(check::small_network(), {.optimizer = Adam{.learning_rate = 3e-3},
                                        .metrics = list.metrics,
                                        .class_metrics = list.class_metrics,
                                        .backend = std::make_shared<Cpu>(2),
                                        .input = rescaling(1.0 / 255)});
}

void check_equal(const History& a, const History& b) {
  REQUIRE(a.names == b.names);
  REQUIRE(a.epochs() == b.epochs());
  for (const auto& name : a.names)
    for (std::int64_t i = 0; i < a.epochs() && name != "seconds"; ++i) {
      CAPTURE(name);
      CHECK(a.at(name, i) == b.at(name, i));
    }
}

}  // namespace

TEST_CASE("metrics in training: the epoch's columns, and validation's equal those of evaluate") {
  const Dataset train = check::small_dataset(29), validation = check::small_dataset(18);
  Model model = model_with("accuracy, " + std::string(listed));
  const History history = model.fit(train, {.epochs = 2, .batch_size = 8, .validation_data = &validation});
  for (const char* name : {"accuracy", "recall", "specificity", "f1_0", "f1_3", "auc", "steps", "precision", "loss"}) {
    CAPTURE(name);
    CHECK(history.has(name));
    CHECK(history.has("val_" + std::string(name)));
  }
  const Evaluation after = model.evaluate(validation, 5);
  for (const auto& [name, value] : after.values) {
    CAPTURE(name);
    if (name != "loss") CHECK(history.at("val_" + name, 1) == doctest::Approx(value).epsilon(1e-9));
  }
  const auto by_hand = class_metric_values(model.class_metrics(), model.predict(validation), class_truth(validation));
  for (const auto& [name, value] : by_hand) CHECK(after.value(name) == doctest::Approx(value).epsilon(1e-9));
}

TEST_CASE("metrics in training: a rate of 0 gives training the numbers of evaluation, whatever the order of the rows") {
  const Dataset train = check::small_dataset(29);
  Network net(Shape{12, 12, 3});
  net.add(Flatten{}).add(Dense{.units = 4, .activation = Activation::softmax});  // nothing that training does otherwise
  MetricList list = metrics_from_text({listed});
  Model model(std::move(net),
              {.optimizer = Adam{.learning_rate = 0.0}, .class_metrics = list.class_metrics, .input = rescaling(1.0 / 255)});
  const History history = model.fit(train, {.epochs = 1, .batch_size = 8, .shuffle = true});
  for (const auto& [name, value] : model.evaluate(train, 29).values) {
    CAPTURE(name);
    CHECK(history.at(name, 0) == doctest::Approx(value).epsilon(1e-5));
  }
}

TEST_CASE("metrics in training: left in the middle of an epoch and gone on with, the columns have the same bits") {
  const TemporaryFolder folder;
  const Dataset train = check::small_dataset(29), validation = check::small_dataset(18);
  Model whole = model_with(listed);
  const History expected = whole.fit(train, {.epochs = 3, .batch_size = 8, .validation_data = &validation});
  for (const int stop : {2, 4, 6}) {
    Model first = model_with(listed);
    int asked = 0;
    const FitResult left = first.fit_run(
        train, {.epochs = 3, .batch_size = 8, .validation_data = &validation, .interrupted = [&] { return ++asked >= stop; }});
    REQUIRE(left.interrupted);
    write_checkpoint(folder / "checkpoint.lehr", capture_checkpoint(first, left.state));
    Model second = model_with(listed);
    second.build(train.sample_shape());
    const TrainingState state = read_checkpoint(folder / "checkpoint.lehr", second);
    check_equal(second.fit(train, {.epochs = 3, .batch_size = 8, .validation_data = &validation, .resume = state}), expected);
  }
}

TEST_CASE(
    "metrics in training: a row of several classes; outputs as logits say what their sigmoids say, and the order of rows is followed") {
  Dataset train = check::small_dataset(29);
  train.y = Array({29, 4}, DType::f32);
  for (std::size_t i = 0; i < 29 * 4; ++i) train.y.as<float>()[i] = i * 7 % 5 < 2 ? 1.0F : 0.0F;
  const auto values = [&](Activation last, bool logits) {
    Network net(Shape{12, 12, 3});
    net.add(Flatten{}).add(Dense{.units = 4, .activation = last});
    MetricList list = metrics_from_text({"precision, recall(average=none), fbeta_score(beta=2, threshold=0.4), auc"});
    Model model(std::move(net), {.optimizer = Adam{.learning_rate = 0.0},
                                 .loss = BinaryCrossentropy{.from_logits = logits},
                                 .metrics = std::vector<Metric>{},
                                 .class_metrics = list.class_metrics,
                                 .input = rescaling(1.0 / 255)});
    const History history = model.fit(train, {.epochs = 1, .batch_size = 8, .shuffle = true});
    std::vector<double> out;
    for (const auto& [name, value] : model.evaluate(train, 29).values) {
      CAPTURE(name);
      CHECK(history.at(name, 0) == doctest::Approx(value).epsilon(1e-5));
      out.push_back(value);
    }
    return out;
  };
  const auto probabilities = values(Activation::sigmoid, false), logits = values(Activation::linear, true);
  REQUIRE(probabilities.size() == 8);  // the loss, precision, recall of four, F-score, AUC
  REQUIRE(logits.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(logits[i] == doctest::Approx(probabilities[i]).epsilon(1e-6));
}

TEST_CASE("metrics in training: more of them is better, and a monitor may name any of them") {
  for (const char* name : {"val_auc", "precision", "val_f1_2", "Recall", "val_F1Score", "specificity", "sensitivity"})
    CHECK(maximizes(MonitorMode::automatic, name));
  CHECK_FALSE(maximizes(MonitorMode::automatic, "val_loss"));
  const Dataset train = check::small_dataset(24);
  Model model = model_with("auc, recall");
  CHECK_NOTHROW(model.fit(train, {.epochs = 2, .batch_size = 8, .callbacks = {EarlyStopping{.monitor = "auc"}}}));
  CHECK_THROWS_WITH_AS(model.fit(train, {.epochs = 1, .callbacks = {EarlyStopping{.monitor = "precision"}}}),
                       doctest::Contains("auc, recall"), Error);
}

TEST_CASE("metrics in training: what has no classes, no such class or a name twice is refused before training") {
  Dataset values{.x = Array({8, 12, 12, 3}, DType::u8), .y = Array({8, 4}, DType::f32)};
  for (std::size_t i = 0; i < 32; ++i) values.y.as<float>()[i] = 0.3F;
  CHECK_THROWS_WITH_AS(model_with("recall").fit(values, {.epochs = 1}), doctest::Contains("about classes"), Error);
  CHECK_THROWS_AS(model_with("recall(class_id=4)").fit(check::small_dataset(8), {.epochs = 1}), Error);
  CHECK_THROWS_AS(metrics_from_text({"recall", "recall(average=micro)"}), Error);
  CHECK_THROWS_WITH_AS(metrics_from_text({"recal"}), doctest::Contains("recall"), Error);
  CHECK(metrics_from_text({"recall(name=a, average=micro),accuracy", "auc"}).class_metrics.size() == 2);
}

TEST_CASE("metrics in training: a class may have a comma in its name, and the history is read back") {
  Dataset train = check::small_dataset(16);
  train.class_names = {"a, b", "say \"c\"", "d", "e"};
  Model model = model_with("recall(average=none)");
  const History history = model.fit(train, {.epochs = 1, .batch_size = 8});
  const History read = parse_history_csv(history_csv(history), "history.csv");
  CHECK(read.names == history.names);
  CHECK(read.at("recall_a, b", 0) == history.at("recall_a, b", 0));
}
