// Six epochs of training against the losses that real Keras reported, from the same weights on the same batches.
// Golden files: tests/golden/convert_training.py, make_training_bn.py. Keras's own backends differ by 5e-7 in every loss here.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/data/npz.h"
#include "engine/json.h"
#include "layers/activations.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/pooling.h"
#include "optim/adam.h"
#include "optim/adam_family.h"
#include "optim/keras_schedules.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/check/golden_ran.h"
#include "tests/check/temporary_folder.h"
#include "tune/callbacks/csv_logger.h"
#include "tune/callbacks/reduce_lr_on_plateau.h"
#include "tune/history_files.h"
#include "tune/metric_list.h"
#include "tune/model.h"

using namespace lehr;

namespace {

const std::string folder = std::string(LEHR_TESTS_DIR) + "/golden/training/";

Network network(bool normalized) {
  Network net(Shape{12, 12, 3});
  net.add(Conv2D{.filters = 6, .kernel_size = Size2(3), .padding = Padding::same, .activation = Activation::relu})
      .add(MaxPooling2D{})
      .add(Conv2D{.filters = 8, .kernel_size = Size2(3)});
  if (normalized) net.add(BatchNormalization{});
  return net.add(ReLU{})
      .add(GlobalAveragePooling2D{})
      .add(Dense{.units = 12, .activation = Activation::relu})
      .add(Dense{.units = 4, .activation = Activation::softmax});
}

/// The largest difference of any number in the history; accuracies count as they are.
double worst_difference(const std::string& name, Optimizer optimizer, Precision precision = Precision::float32, bool validation_too = true,
                        const std::string& start = {}, std::vector<CallbackSpec> callbacks = {}) {
  const JsonValue recorded = JsonValue::parse(read_file(folder + name + ".json"), name);
  const NamedArrays data = read_npz(folder + "data.npz");
  const Array &x = *find_array(data, "x"), &y = *find_array(data, "y");
  const Dataset train{.x = x.rows(0, 72), .y = y.rows(0, 72)}, validation{.x = x.rows(72, 96), .y = y.rows(72, 96)};
  Model model(network(name.ends_with("_bn")), {.optimizer = std::move(optimizer), .precision = precision});
  model.load_weights(folder + (start.empty() ? name : start) + ".npz");
  const History history = model.fit(train, {.epochs = recorded.at("epochs").integer(),
                                            .batch_size = recorded.at("batch_size").integer(),
                                            .validation_data = &validation,
                                            .shuffle = false,
                                            .callbacks = std::move(callbacks)});
  double worst = 0;
  for (const auto& [column, values] : recorded.at("history").members()) {
    if (column.find("loss") == std::string::npos && column != "learning_rate") continue;
    if (!validation_too && column == "val_loss") continue;
    for (std::int64_t i = 0; i < history.epochs(); ++i)
      worst = std::max(worst, std::abs(history.at(column, i) - values.at(static_cast<std::size_t>(i)).number()));
  }
  MESSAGE(name << ": largest difference " << worst);
  if (precision == Precision::float32) check::golden_ran("training", name);
  return worst;
}

}  // namespace

TEST_CASE("golden: training follows Keras: losses of six epochs") {
  CHECK(worst_difference("sgd", SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}) < 2e-5);
  CHECK(worst_difference("adam", Adam{.learning_rate = 3e-3}) < 2e-5);
  CHECK(worst_difference("adamw", AdamW{.learning_rate = 3e-3, .weight_decay = 0.01}) < 2e-5);
  CHECK(worst_difference("rmsprop", RMSprop{.learning_rate = 1e-3}) < 2e-5);
  CHECK(worst_difference("nadam", Nadam{.learning_rate = 2e-3}) < 2e-5);
  CHECK(worst_difference("adam_cosine", Adam{.learning_rate = CosineDecay{.initial_learning_rate = 5e-3, .decay_steps = 18}}) < 2e-5);
  CHECK(worst_difference("adam_uneven", Adam{.learning_rate = 2e-3}) < 2e-5);
}

// Keras's numbers fall at epochs 3 to 6: the second improves by less than min_delta. The rates are in the history and are compared with it.
TEST_CASE("golden: training follows Keras: ReduceLROnPlateau inside a run") {
  CHECK(worst_difference("adam_plateau", Adam{.learning_rate = 5e-3}, Precision::float32, true, {},
                         {ReduceLROnPlateau{.factor = 0.5, .patience = 1, .min_delta = 0.3}}) < 2e-5);
}

// The bias of a convolution before BatchNormalization has the gradient zero. What is computed instead is rounding noise, and Adam divides it
// by its own size: the bias walks by up to learning_rate a step in directions that rounding chooses. Training does not see it; the moving mean
// follows with a lag, and validation sees the lag. Measured with Keras 3.15 (make_training_bn.py --spread), largest differences from the
// recorded run (TensorFlow, graph):                                  loss      val_loss
//   Adam, TensorFlow, starting weights one ulp off (5 draws)         2.8e-5    7.3e-3
//   Adam, TensorFlow without a graph; PyTorch; JAX (6 draws each)    3.3e-5    1.1e-2
//   Adam, lehr                                                       2.5e-5    7.6e-3
//   SGD, TensorFlow, starting weights one ulp off (5 draws)          3.0e-7    1.8e-5
//   SGD, TensorFlow without a graph; PyTorch; JAX (6 draws each)     4.8e-7    1.7e-5
//   SGD, lehr                                                             5.2e-6 in both
// So Adam's trajectory can only be compared within that spread; SGD's, where noise stays noise, is compared closely.
TEST_CASE("golden: training follows Keras: BatchNormalization and its moving statistics") {
  CHECK(worst_difference("sgd_bn", SGD{.learning_rate = 0.05, .momentum = 0.9}, Precision::float32, true, "adam_bn") < 5e-5);
  CHECK(worst_difference("adam_bn", Adam{.learning_rate = 3e-3}, Precision::float32, false) < 1e-4);
  CHECK(worst_difference("adam_bn", Adam{.learning_rate = 3e-3}) < 1.5e-2);
}

TEST_CASE("training in mixed_bfloat16 stays near float32") {
  CHECK(worst_difference("adam", Adam{.learning_rate = 3e-3}, Precision::mixed_bfloat16) < 0.05);
}

// The last batch is smaller, and the metrics are Keras's own of all rows of an epoch: labels are one-hot, as Keras wants them for these.
TEST_CASE("golden: training follows Keras: precision, recall, F1, AUC and top-k of training and validation, epoch by epoch") {
  const JsonValue recorded = JsonValue::parse(read_file(folder + "sgd_metrics.json"), "sgd_metrics.json");
  const NamedArrays data = read_npz(folder + "data.npz");
  const Array &x = *find_array(data, "x"), ids = *find_array(data, "y");
  Array y({ids.rows(), 4}, DType::f32);
  const Dataset named{.x = x, .y = ids};
  const auto truth = named.label_ids();
  for (std::size_t i = 0; i < truth.size(); ++i) y.as<float>()[4 * i + static_cast<std::size_t>(truth[i])] = 1;
  const Dataset train{.x = x.rows(0, 72), .y = y.rows(0, 72)}, validation{.x = x.rows(72, 96), .y = y.rows(72, 96)};
  const TemporaryFolder folder_of_run;
  MetricList list = metrics_from_text({recorded.at("metrics").string()});
  Model model(network(false), {.optimizer = SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true},
                               .metrics = list.metrics,
                               .class_metrics = list.class_metrics});
  model.load_weights(folder + "sgd.npz");
  const History history = model.fit(train, {.epochs = recorded.at("epochs").integer(),
                                            .batch_size = recorded.at("batch_size").integer(),
                                            .validation_data = &validation,
                                            .shuffle = false,
                                            .callbacks = {CSVLogger{.filename = folder_of_run / "log.csv"}}});
  CHECK(recorded.at("history").size() == 16);
  for (const auto& [column, values] : recorded.at("history").members()) {
    CAPTURE(column);
    REQUIRE(history.has(column));
    for (std::int64_t i = 0; i < history.epochs(); ++i)
      CHECK(history.at(column, i) == doctest::Approx(values.at(static_cast<std::size_t>(i)).number()).epsilon(5e-5));
  }

  // Keras's CSVLogger file is a history here, number for number; what its header names, ours names too: by csv_logger and by history.csv.
  const History keras = parse_history_csv(read_file(folder + "sgd_metrics.csv"), "sgd_metrics.csv");
  REQUIRE(keras.epochs() == recorded.at("epochs").integer());
  CHECK(keras.names.size() == recorded.at("history").size());
  const std::string written = read_file(folder_of_run / "log.csv");
  const History logged = parse_history_csv(written, "log.csv"), ours = parse_history_csv(history_csv(history), "history.csv");
  for (const auto& name : keras.names) {
    CAPTURE(name);
    for (std::int64_t i = 0; i < keras.epochs(); ++i) {
      CHECK(keras.at(name, i) == recorded.at("history").at(name).at(static_cast<std::size_t>(i)).number());
      CHECK(logged.at(name, i) == doctest::Approx(keras.at(name, i)).epsilon(5e-5));
      CHECK(logged.at(name, i) == ours.at(name, i));
    }
  }
}
