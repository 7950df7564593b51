// Whole models in files: Keras's own small one (tests/fuzz/make_corpus.py), and what comes back of one that is trained and saved here.
#include <doctest/doctest.h>

#include <algorithm>

#include "engine/data/npy.h"
#include "engine/json.h"
#include "layers/keras_summary.h"
#include "optim/sgd.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"
#include "tune/fit_job.h"
#include "tune/keras_optimizer.h"
#include "tune/run_folder.h"
#include "weights/model_file.h"

using namespace lehr;

namespace {

const std::string small = std::string(LEHR_TESTS_DIR) + "/fuzz/corpus/keras/model.keras";  // 4x4x1, conv, normalization, flatten, dense(2)

Dataset images() {
  Dataset data{.x = Array({12, 4, 4, 1}, DType::u8), .y = Array({12}, DType::i32)};
  for (std::size_t i = 0; i < 12 * 16; ++i) data.x.as<std::uint8_t>()[i] = static_cast<std::uint8_t>((37 * i) % 251);
  for (std::size_t i = 0; i < 12; ++i) data.y.as<std::int32_t>()[i] = static_cast<std::int32_t>(i % 2);
  return data;
}

}  // namespace

TEST_CASE("model files: the network, its name and its input; layers may follow it; weights alone are none") {
  const Network network = network_with_files(small);
  CHECK(network.name() == "small");
  CHECK(network.input_shape() == Shape{4, 4, 1});
  CHECK(network.weights() == small);
  CHECK(whole_model(small) == small);
  const BuiltNetwork longer(network_with_files("'" + small + "' | dense(3, softmax)"), Shape{4, 4, 1});
  CHECK(longer.output() == Shape{3});
  CHECK_FALSE(whole_model("'" + small + "' | dense(3, softmax)"));
  CHECK(mentions(data_error([&] { network_of_file(std::string(LEHR_TESTS_DIR) + "/golden/training/adam_half.weights.h5"); }),
                 "holds weights and no network"));
  CHECK(mentions(data_error([&] { network_with_files("nowhere.keras"); }), "nowhere.keras"));
}

TEST_CASE("model files: a compiled model brings weights, optimizer with its step, loss and metrics; --optimizer starts a fresh one") {
  const Dataset data = images();
  const JobModel made = make_job_model({.model = small}, data);
  CHECK(made.own_optimizer);
  CHECK(made.model->options().optimizer.info().class_name == "SGD");
  CHECK(made.model->state().read_counters().step == 1);
  CHECK(std::holds_alternative<SparseCategoricalCrossentropy>(made.model->loss()));
  const TensorFile file = read_tensor_file(small);
  const NamedArrays weights = made.model->weights();
  for (const auto& layer : file.layers)
    for (const auto& w : layer.weights) {
      CAPTURE(layer.name + "/" + w.name);
      const Array* ours = find_array(weights, layer.name + "/" + w.name);
      REQUIRE(ours != nullptr);
      CHECK(std::equal(ours->as<float>().begin(), ours->as<float>().end(), w.values.as<float>().begin()));
    }
  const JobModel rate = make_job_model({.model = small, .learning_rate = "0.25"}, data);
  CHECK(rate.model->options().optimizer.learning_rate().first() == 0.25);
  CHECK(rate.own_optimizer);
  const JobModel fresh = make_job_model({.model = small, .optimizer = "adam(1e-3)"}, data);
  CHECK_FALSE(fresh.own_optimizer);
  CHECK(fresh.model->state().read_counters().step == 0);
}

TEST_CASE("model files: freezing begins with a fresh state of the file's optimizer where its own is of other weights") {
  const Dataset data = images();
  const JobModel frozen = make_job_model({.model = small, .freeze = "conv2d*"}, data);
  CHECK(frozen.own_optimizer);  // its kind and its rate
  CHECK(frozen.model->options().optimizer.info().class_name == "SGD");
  CHECK(frozen.model->state().read_counters().step == 0);
  CHECK(std::count(frozen.messages.begin(), frozen.messages.end(),
                   "--freeze leaves other weights to train than the file's optimizer has its state of: a fresh SGD") == 1);
  const JobModel same = make_job_model({.model = small, .freeze = "flatten"}, data);  // all that trained still does
  CHECK(same.model->state().read_counters().step == 1);
  try {
    make_job_model({.model = small, .freeze = "*"}, data);
    FAIL("a network that is all frozen trains nothing");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    CHECK(mentions(error.what(), "everything is frozen: nothing to train"));
  }
}

TEST_CASE("summary: the optimizer of a compiled file is counted as Keras counts it") {
  const auto size = [](const TensorFile& file) {
    const Network network = network_of_file(file.source);
    return optimizer_size(file, BuiltNetwork(network, *network.input_shape()));
  };
  const auto last_lines = [&](const TensorFile& file) {
    const Network network = network_of_file(file.source);
    const std::string text = keras_summary(BuiltNetwork(network, *network.input_shape()), {.optimizer = size(file)});
    return text.substr(text.find(" Total params"));
  };
  const std::string golden = std::string(LEHR_TESTS_DIR) + "/golden/models/";
  // What keras.models.load_model(file).summary() of Keras 3.15 ends with.
  TensorFile sgd = read_tensor_file(small);
  const std::string with_momentum =
      " Total params: 110 (444.00 B)\n Trainable params: 52 (208.00 B)\n Non-trainable params: 4 (16.00 B)\n"
      " Optimizer params: 54 (220.00 B)\n";
  CHECK(last_lines(sgd) == with_momentum);
  CHECK(last_lines(read_tensor_file(golden + "adam_bn.keras")) ==
        " Total params: 2,370 (9.26 KB)\n Trainable params: 784 (3.06 KB)\n Non-trainable params: 16 (64.00 B)\n"
        " Optimizer params: 1,570 (6.14 KB)\n");
  CHECK(last_lines(read_tensor_file(golden + "mlp.keras")) ==  // not compiled
        " Total params: 31,810 (124.26 KB)\n Trainable params: 31,810 (124.26 KB)\n Non-trainable params: 0 (0.00 B)\n");
  sgd.optimizer->values.resize(2);  // never stepped: Keras makes the momentums when it loads
  CHECK(last_lines(sgd) == with_momentum);
  JsonValue compiled = JsonValue::parse(sgd.compile_config, "compile_config");
  compiled["optimizer"]["config"]["momentum"] = 0.0;
  sgd.compile_config = compiled.text();
  REQUIRE(size(sgd));
  CHECK(size(sgd)->parameters == 2);
  CHECK(size(sgd)->bytes == 12);
}

TEST_CASE("summary: of an .h5 file Keras counts what is of no weight") {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/training/adam_half.h5";
  const Network network = network_of_file(file);
  const BuiltNetwork built(network, *network.input_shape());
  const std::string text = keras_summary(built, {.optimizer = optimizer_size(read_tensor_file(file), built)});
  // What keras.models.load_model(file).summary() of Keras 3.15 ends with.
  CHECK(text.substr(text.find(" Total params")) ==
        " Total params: 770 (3.01 KB)\n Trainable params: 768 (3.00 KB)\n Non-trainable params: 0 (0.00 B)\n Optimizer params: 2 (12.00 "
        "B)\n");
}

namespace {

/// A copy of small with another configuration.
std::string tampered(const TemporaryFolder& place, const std::string& from, const std::string& to) {
  TensorFile file = read_tensor_file(small);
  bool found = false;
  for (std::size_t at = 0; (at = file.model_config.find(from, at)) != std::string::npos; at += to.size()) {
    file.model_config.replace(at, from.size(), to);
    found = true;
  }
  REQUIRE(found);
  const std::string copy = place / "tampered.keras";
  write_tensor_file(copy, std::move(file));
  return copy;
}

}  // namespace

TEST_CASE("model files: layers of another precision in Keras are said, once") {
  const TemporaryFolder place;
  const std::string file =
      tampered(place, R"("DTypePolicy", "config": {"name": "float32"})", R"("DTypePolicy", "config": {"name": "mixed_bfloat16"})");
  const std::string warning =
      "warning: " + file + " has layers of mixed_bfloat16 in Keras; they run in float32 here, and the numbers may differ from Keras's";
  const auto said = [&](const std::vector<std::string>& messages) { return std::count(messages.begin(), messages.end(), warning); };
  CHECK(said(make_job_model({.model = file}, images()).messages) == 1);
  CHECK(said(make_job_model({.model = file, .precision = "mixed_bfloat16"}, images()).messages) == 0);
  CHECK(said(make_job_model({.model = small}, images()).messages) == 0);
  CHECK(said(open_model(file, {}, nullptr).messages) == 1);
}

TEST_CASE("model files: a network that cannot be built is the file's fault") {
  const TemporaryFolder place;
  const std::string file = tampered(place, R"("strides": [1, 1])", R"("strides": [0, 1])");
  const std::string error = data_error([&] { network_of_file(file); });
  CHECK(mentions(error, file));
  CHECK(mentions(error, "strides"));
}

TEST_CASE("model files: a run leaves model.keras, which holds all that training left and goes on") {
  const TemporaryFolder place;
  const Dataset data = images();
  FitJob job{.model = "conv2d(3, 2) | batch_normalization | relu | flatten | dense(2, softmax)",
             .data = "images",
             .optimizer = "adam(1e-2)",
             .epochs = 2,
             .batch_size = 5,
             .shuffle = false,
             .run = place / "run"};
  const DataSplits splits{.train = data};
  run_fit_job(job, {.data = &splits});
  const TensorFile left = read_tensor_file(place / "run/model.keras"), weights = read_tensor_file(place / "run/last.weights.h5");
  CHECK(left.optimizer->values.at(0).as<std::int64_t>()[0] == 6);
  CHECK(JsonValue::parse(left.compile_config, "compile_config").at("optimizer").at("class_name").string() == "Adam");
  const JobModel again = make_job_model({.model = place / "run/model.keras"}, data);
  Model first(network_from_text(job.model), {});
  first.resolve(data);
  first.load_weights(place / "run/last.weights.h5");
  CHECK(again.model->state().snapshot() == first.state().snapshot());
  CHECK(again.model->state().read_counters().step == 6);
  // Evaluating the run needs no file from elsewhere.
  job.model = place / "run/model.keras";
  job.optimizer = {};
  job.run = place / "next";
  run_fit_job(job, {.data = &splits});
  CHECK(read_tensor_file(place / "next/model.keras").optimizer->values.at(0).as<std::int64_t>()[0] == 12);
}

TEST_CASE("model files: a loss that nobody here has keeps from training and judging, unless --loss is given, and never from predicting") {
  const TemporaryFolder place;
  const std::string path = place / "dice.keras";
  TensorFile file = read_tensor_file(small);
  JsonValue compiled = JsonValue::parse(file.compile_config, "test");
  compiled["loss"] = JsonValue::object({{"class_name", "Dice"}, {"config", JsonValue::object({{"axis", nullptr}})}});
  JsonValue metrics = JsonValue::array();
  metrics.push_back(JsonValue::object({{"class_name", "MeanIoU"}, {"config", JsonValue::object({{"num_classes", 2}})}}));
  compiled["metrics"] = metrics;
  file.compile_config = compiled.text();
  write_tensor_file(path, file);
  const Dataset data = images();
  const LoadedRun predicts = open_model(path, {}, nullptr);
  REQUIRE(predicts.messages.size() == 2);
  CHECK(mentions(predicts.messages[0], path + ": the loss Dice is left out"));
  CHECK(mentions(predicts.messages[1], path + ": the metric MeanIoU is left out"));
  CHECK(mentions(data_error([&] { open_model(path, {}, &data); }), "--loss"));
  CHECK(mentions(data_error([&] { open_model(path, {.loss = "mse"}, &data); }), "--metrics"));
  CHECK(open_model(path, {.loss = "mse", .metrics = {"accuracy"}}, &data).messages.empty());
  CHECK(mentions(data_error([&] { make_job_model({.model = path}, data); }), "--loss"));
  const JobModel trains = make_job_model({.model = path, .loss = "sparse_categorical_crossentropy"}, data);
  CHECK(std::holds_alternative<SparseCategoricalCrossentropy>(trains.model->loss()));
  CHECK(std::any_of(trains.messages.begin(), trains.messages.end(), [](const auto& m) { return mentions(m, "MeanIoU is left out"); }));
}

TEST_CASE("model files: a run that began with a compiled model is judged by the loss and metrics it trained with") {
  const TemporaryFolder place;
  Dataset data = images();
  data.y = Array({12, 2}, DType::f32);
  for (std::size_t i = 0; i < 24; ++i) data.y.as<float>()[i] = static_cast<float>(i % 5);
  write_npy(place / "x.npy", data.x);
  write_npy(place / "y.npy", data.y);
  FitJob job{.model = "flatten | dense(2)",
             .data = "arrays('" + (place / "x.npy") + "', '" + (place / "y.npy") + "')",
             .loss = "huber(delta=0.5)",
             .metrics = {"mae"},
             .epochs = 1,
             .run = place / "first"};
  run_fit_job(job);
  job.model = place / "first/model.keras";
  job.loss = {};
  job.metrics = {};
  job.run = place / "second";
  run_fit_job(job);
  const LoadedRun loaded = open_run(place / "second", "last", {});
  REQUIRE(std::holds_alternative<Huber>(loaded.model->loss()));
  CHECK(std::get<Huber>(loaded.model->loss()).delta == 0.5);
  REQUIRE(loaded.model->metrics().size() == 1);
  CHECK(loaded.model->metrics()[0].kind == MetricKind::mean_absolute_error);
}
