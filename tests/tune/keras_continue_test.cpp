// Three epochs in Keras, saved with the optimizer's state, three more here: the losses of six in Keras (tests/golden/make_continue.py), from weights
// files and from whole models; and three epochs here leave the file that three in Keras leave.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "optim/adafactor.h"
#include "optim/adam.h"
#include "optim/adam_family.h"
#include "optim/catalogue.h"
#include "optim/layerwise.h"
#include "optim/muon.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/check/data_error.h"
#include "tests/check/golden_ran.h"
#include "tests/check/temporary_folder.h"
#include "tune/fit_job.h"
#include "tune/keras_compile.h"
#include "tune/keras_optimizer.h"
#include "weights/hdf5_file.h"
#include "weights/tensor_file.h"

using namespace lehr;

namespace {

const std::string folder = std::string(LEHR_TESTS_DIR) + "/golden/training/";

const std::string layers =
    "conv2d(6, 3, padding=same, activation=relu) | max_pooling2d | conv2d(8, 3) | relu | global_average_pooling2d | dense(12, relu) | "
    "dense(4, softmax)";

Network network() {
  Network net = network_from_text(layers);
  net.set_input_shape(Shape{12, 12, 3});
  return net;
}

struct Sets {
  Dataset train, validation;
};
Sets sets() {
  const NamedArrays data = read_npz(folder + "data.npz");
  const Array &x = *find_array(data, "x"), &y = *find_array(data, "y");
  return {{.x = x.rows(0, 72), .y = y.rows(0, 72)}, {.x = x.rows(72, 96), .y = y.rows(72, 96)}};
}

History three_epochs(Model& model) {
  const Sets data = sets();
  return model.fit(data.train, {.epochs = 3, .batch_size = 16, .validation_data = &data.validation, .shuffle = false});
}

/// Of the losses of three epochs from those that Keras recorded for its fourth to sixth.
double distance_to_recorded(const History& history, const std::string& name) {
  const JsonValue recorded = JsonValue::parse(read_file(folder + name + ".json"), name);
  double worst = 0;
  for (const char* column : {"loss", "val_loss"})
    for (std::size_t i = 0; i < 3; ++i)
      worst = std::max(worst,
                       std::abs(history.at(column, static_cast<std::int64_t>(i)) - recorded.at("history").at(column).at(i + 3).number()));
  MESSAGE(name << ": largest difference " << worst);
  return worst;
}

double worst_difference(const std::string& name, Optimizer optimizer) {
  Model model(network(), {.optimizer = std::move(optimizer)});
  const std::string half = folder + name + "_half.weights.h5";
  model.load_weights(half);
  REQUIRE(load_optimizer_state(model, half));
  CHECK(model.state().read_counters().step == 15);
  return distance_to_recorded(three_epochs(model), name);
}

/// `lehr fit` for three epochs.
FitOutcome three_epochs(FitJob job) {
  const Sets data = sets();
  const DataSplits splits{.train = data.train, .validation = data.validation};
  job.data = "images";
  job.epochs = 3;
  job.batch_size = 16;
  job.shuffle = false;
  return run_fit_job(job, {.data = &splits});
}

double whole_model_difference(const std::string& name) {
  const TemporaryFolder place;
  return distance_to_recorded(three_epochs({.model = folder + name + "_half.keras", .run = place / "run"}).history, name);
}

/// Largest difference as a share of the largest value.
double distance(const Array& a, const Array& b) {
  REQUIRE(a.shape() == b.shape());
  const Array x = a.as_f32(), y = b.as_f32();
  double apart = 0, largest = 1e-30;
  for (std::size_t i = 0; i < x.count(); ++i) {
    apart = std::max(apart, static_cast<double>(std::abs(x.as<float>()[i] - y.as<float>()[i])));
    largest = std::max(largest, static_cast<double>(std::abs(y.as<float>()[i])));
  }
  return apart / largest;
}

double distance(const TensorFile& ours, const TensorFile& keras) {
  double worst = 0;
  std::vector<const WeightTensor*> mine, theirs;
  for (const auto& [file, list] : {std::pair{&ours, &mine}, std::pair{&keras, &theirs}})
    for (const auto& layer : file->layers)
      for (const auto& weight : layer.weights) list->push_back(&weight);
  REQUIRE(mine.size() == theirs.size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    CHECK(mine[i]->name == theirs[i]->name);
    worst = std::max(worst, distance(mine[i]->values, theirs[i]->values));
  }
  REQUIRE(ours.optimizer);
  REQUIRE(ours.optimizer->values.size() == keras.optimizer->values.size());
  for (std::size_t i = 0; i < ours.optimizer->values.size(); ++i)
    worst = std::max(worst, distance(ours.optimizer->values[i], keras.optimizer->values[i]));
  return worst;
}

/// model.keras after three epochs here, from where Keras began, against Keras's own after three.
double left_behind(const std::string& name, const std::string& optimizer, const std::string& start = {}) {
  const TemporaryFolder place;
  three_epochs({.model = layers,
                .optimizer = optimizer,
                .metrics = {"accuracy"},
                .initial_weights = folder + (start.empty() ? name : start) + ".npz",
                .run = place / "run"});
  const TensorFile ours = read_tensor_file(place / "run/model.keras"), keras = read_tensor_file(folder + name + "_half.keras");
  const JsonValue mine = JsonValue::parse(ours.compile_config), theirs = JsonValue::parse(keras.compile_config);
  CHECK(mine.at("optimizer").at("class_name").string() == theirs.at("optimizer").at("class_name").string());
  for (const auto& [key, value] : theirs.at("optimizer").at("config").members()) {
    CAPTURE(key);
    if (key == "name" || value.is_null() || value.text() == "false") continue;
    const JsonValue* found = mine.at("optimizer").at("config").find(key);
    if (found == nullptr)
      CHECK((key == "ema_momentum" || key == "loss_scale_factor"));
    else if (value.is_number())
      CHECK(static_cast<float>(found->number()) == static_cast<float>(value.number()));
    else
      CHECK(found->text() == value.text());
  }
  CHECK(mine.at("loss").text() == theirs.at("loss").text());
  CHECK(mine.at("metrics").text() == theirs.at("metrics").text());
  const double worst = distance(ours, keras);
  MESSAGE(name << ": largest difference of any weight or optimizer variable " << worst);
  return worst;
}

}  // namespace

TEST_CASE("Keras's half-trained models go on here as they would there") {
  CHECK(worst_difference("sgd", SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}) < 2e-5);
  CHECK(worst_difference("adam", Adam{.learning_rate = 3e-3}) < 2e-5);
  CHECK(worst_difference("adamw", AdamW{.learning_rate = 3e-3, .weight_decay = 0.01}) < 2e-5);
  CHECK(worst_difference("rmsprop", RMSprop{.learning_rate = 1e-3}) < 2e-5);
  CHECK(worst_difference("nadam", Nadam{.learning_rate = 2e-3}) < 2e-5);
}

TEST_CASE("Keras's half-trained whole models go on here as they would there") {
  for (const char* name : {"sgd", "adam", "adamw", "rmsprop", "nadam"}) CHECK(whole_model_difference(name) < 2e-5);
  // Keras's own backends are 4e-3 apart where there is a BatchNormalization: behind it, a bias's gradient is rounding alone, which Adam scales up.
  CHECK(whole_model_difference("adam_bn") < 5e-3);
}

TEST_CASE("three epochs here leave the model file that three in Keras leave") {
  CHECK(left_behind("sgd", "sgd(0.05, momentum=0.9, nesterov=true)") < 1e-4);
  CHECK(left_behind("adam", "adam(3e-3)") < 1e-4);
  CHECK(left_behind("adamw", "adamw(3e-3, weight_decay=0.01)") < 1e-4);
  CHECK(left_behind("rmsprop", "rmsprop(1e-3)") < 1e-4);
  CHECK(left_behind("nadam", "nadam(2e-3)") < 1e-4);
}

TEST_CASE("Keras's half-trained .h5 models go on here with the state of their optimizer; those of Keras 2 with a fresh one") {
  const TemporaryFolder place;
  for (const std::string name : {"adam", "rmsprop"}) {
    const std::string half = folder + name + "_half.h5";
    const FitOutcome outcome = three_epochs({.model = half, .run = place / name});
    CHECK(distance_to_recorded(outcome.history, name) < 2e-5);
    const TensorFile left = read_tensor_file(place / name + "/model.keras");
    CHECK(left.optimizer->values.at(0).as<std::int64_t>()[0] == 30);
  }
  Hdf5Tree tree = read_hdf5(folder + "adam_half.h5");
  tree.groups[""].attributes["keras_version"] = {"2.13.1"};
  write_file_atomically(place / "old.h5", encode_hdf5(tree));
  const JobModel old = make_job_model({.model = place / "old.h5"}, sets().train);
  CHECK(old.model->state().read_counters().step == 0);
  CHECK(std::any_of(old.messages.begin(), old.messages.end(), [](const auto& m) {
    return mentions(m, "is of an earlier Keras than 3, whose optimizers were others: a fresh Adam");
  }));
}

TEST_CASE("AUC as a compiled model of Keras's asks for it; what nobody here counts is refused") {
  const auto metric = [](const std::string& config) {
    return from_compile_config(
        R"({"optimizer": "sgd", "loss": "binary_crossentropy", "metrics": [{"class_name": "AUC", "config": {)" + config + "}}]}",
        "m.keras");
  };
  const Compiled read = metric(R"("name": "area", "curve": "ROC", "summation_method": "majoring", "num_thresholds": 50)");
  CHECK(read.class_metrics.at(0).summation == Summation::majoring);
  CHECK(mentions(to_compile_config(read, 0.1), R"("summation_method":"majoring")"));
  CHECK_FALSE(mentions(to_compile_config(metric(R"("summation_method": "interpolation")"), 0.1), "summation_method"));
  for (const auto& [config, word] : {std::pair{R"("summation_method": "averaging")", "averaging"},
                                     {R"("label_weights": [1, 2], "multi_label": true)", "label_weights"},
                                     {R"("from_logits": true)", "from_logits"},
                                     {R"("thresholds": [0.1, 0.7])", "thresholds"},
                                     {R"("thresholds": ["x"])", "thresholds"},
                                     {R"("curve": "PRGAIN")", "PRGAIN"}}) {
    const std::string error = data_error([&] { metric(config); });
    CAPTURE(error);
    CHECK(mentions(error, word));
    CHECK(mentions(error, "m.keras"));
  }
}

namespace {

/// What keeps more than slots, or keeps them in another shape (tests/golden/make_continue_state.py).
const std::vector<std::pair<std::string, std::string>> more_states{
    {"adam_ema", "adam(3e-3, use_ema=true, ema_momentum=0.9)"},
    {"sgd_accumulate", "sgd(0.05, momentum=0.9, gradient_accumulation_steps=2)"},
    {"rmsprop_both",
     "rmsprop(2e-3, momentum=0.5, use_ema=true, ema_momentum=0.8, ema_overwrite_frequency=3, gradient_accumulation_steps=2)"},
    {"lamb", "lamb(0.02, weight_decay=0.01)"},
    {"adafactor", "adafactor(0.02, epsilon_1=1e-12, weight_decay=0.01)"},
    {"adafactor_ema", "adafactor(0.02, epsilon_1=1e-12, use_ema=true, ema_momentum=0.8)"},
    {"muon", "muon(0.02, exclude_layers=['dense_1'])"}};

}  // namespace

TEST_CASE("golden: averages, sums of gradients, LAMB, Adafactor and Muon of Keras's files go on here as they would there") {
  for (const auto& [name, text] : more_states) {
    CHECK(whole_model_difference(name) < 2e-5);
    check::golden_ran("training", name);
  }
}

TEST_CASE("averages, sums of gradients, LAMB, Adafactor and Muon: three epochs here leave the model file that three in Keras leave") {
  for (const auto& [name, text] : more_states) CHECK(left_behind(name, text, "adam") < 1e-4);
}

TEST_CASE("a damaged state of averages, sums, Adafactor or Muon is refused, and says which variable") {
  for (const auto& [name, text] : more_states) {
    const std::string half = folder + name + "_half.keras";
    const TensorFile file = read_tensor_file(half);
    const Optimizer optimizer = from_compile_config(file.compile_config, half).optimizer;
    for (std::size_t i = 2; i < file.optimizer->values.size(); ++i) {
      Model model(network(), {.optimizer = optimizer});
      OptimizerVariables damaged = *file.optimizer;
      damaged.values[i] = Array(Shape{2, 5}, DType::f32);
      CHECK_FALSE(optimizer_fits(damaged, optimizer, model.state()));
      const std::string error = data_error([&] { restore_optimizer(damaged, optimizer, model.state(), half); });
      CHECK(mentions(error, "variable " + std::to_string(i) + " for "));
      CHECK(mentions(error, "(2, 5)"));
    }
  }
}

TEST_CASE("a saved model goes on with the bits of one that never stopped") {
  const TemporaryFolder place;
  for (const Optimizer& optimizer :
       {Optimizer(Adam{.learning_rate = 3e-3, .amsgrad = true}), Optimizer(RMSprop{.momentum = 0.5, .centered = true}),
        Optimizer(SGD{.momentum = 0.5, .use_ema = true, .ema_overwrite_frequency = 2, .gradient_accumulation_steps = 2}),
        Optimizer(Adafactor{.learning_rate = 0.02, .epsilon_1 = 1e-12}), Optimizer(Lamb{}), Optimizer(Muon{.use_ema = true})}) {
    CAPTURE(optimizer.text().print());
    Model whole(network(), {.optimizer = optimizer});
    three_epochs(whole);
    whole.save_weights(place / "half.weights.h5");
    const History expected = three_epochs(whole);
    Model half(network(), {.optimizer = optimizer, .seed = 7});
    half.load_weights(place / "half.weights.h5");
    REQUIRE(load_optimizer_state(half, place / "half.weights.h5"));
    const History got = three_epochs(half);
    for (std::int64_t i = 0; i < 3; ++i) CHECK(got.at("loss", i) == expected.at("loss", i));
    CHECK(half.state().snapshot() == whole.state().snapshot());
  }
}

TEST_CASE("the state of another optimizer is refused") {
  Model model(network(), {.optimizer = SGD{}});
  CHECK(mentions(data_error([&] { load_optimizer_state(model, folder + "adam_half.weights.h5"); }), "another optimizer"));
}

namespace {

/// A text for every schedule of the catalogue that Keras has; the numbers differ from its defaults.
const std::vector<std::pair<std::string, std::string>> keras_schedule_texts{
    {"ExponentialDecay", "exponential_decay(0.1, 3, 0.5, staircase=true)"},
    {"PiecewiseConstantDecay", "piecewise_constant_decay([3, 7], [0.1, 0.01, 0.001])"},
    {"PolynomialDecay", "polynomial_decay(0.1, 9, 0.01, power=2)"},
    {"InverseTimeDecay", "inverse_time_decay(0.1, 2, 0.5)"},
    {"CosineDecay", "cosine_decay(0.01, 8, alpha=0.1, warmup_target=0.1, warmup_steps=3)"},
    {"CosineDecayRestarts", "cosine_decay_restarts(0.1, 3, alpha=0.1)"}};

}  // namespace

TEST_CASE("Keras's schedules are written as Keras reads them, and read back the same") {
  for (const auto& entry : schedule_catalogue().entries()) {
    if (!is_keras_schedule(std::string(entry.info.class_name))) continue;
    CAPTURE(entry.info.class_name);
    const auto at = std::find_if(keras_schedule_texts.begin(), keras_schedule_texts.end(),
                                 [&](const auto& t) { return t.first == entry.info.class_name; });
    REQUIRE(at != keras_schedule_texts.end());
    const Optimizer given = SpecConvert<Optimizer>::from(parse_spec("sgd(" + at->second + ")", "test"));
    const std::string text = to_compile_config({.optimizer = given, .loss = MeanSquaredError{}}, 0.25);
    const JsonValue schedule = JsonValue::parse(text, "test").at("optimizer").at("config").at("learning_rate");
    CHECK(schedule.at("class_name").string() == entry.info.class_name);
    CHECK(schedule.at("module").string() == "keras.optimizers.schedules");
    for (const auto& field : entry.fields()) CHECK(schedule.at("config").find(field.name) != nullptr);
    const Optimizer again = from_compile_config(text, "test").optimizer;
    REQUIRE(again.learning_rate().schedule() != nullptr);
    for (std::int64_t step = 0; step < 12; ++step)
      CHECK(again.learning_rate().curve({})->at(step) == given.learning_rate().curve({})->at(step));
  }
}

TEST_CASE("a schedule that Keras lacks leaves the rate of its last step") {
  Model model(network(), {.optimizer = SpecConvert<Optimizer>::from(parse_spec("sgd(warmup(5, cosine_decay(0.08, 20)))", "test"))});
  CHECK(model.learning_rate() == 0);
  const History history = three_epochs(model);  // of 5 steps each
  CHECK(model.learning_rate() == doctest::Approx(0.08 * 0.5 * (1 + std::cos(3.14159265358979 * 9 / 20))));
  const JsonValue compiled = JsonValue::parse(model.weight_file("x.keras").compile_config, "test");
  CHECK(compiled.at("optimizer").at("config").at("learning_rate").number() == model.learning_rate());
}

TEST_CASE("compile_config of Keras, both ways") {
  const std::string text =
      R"({"optimizer": {"module": "keras.optimizers", "class_name": "RMSprop", "config": {"name": "rm_sprop", "learning_rate": 0.0010000000474974513,)"
      R"( "weight_decay": null, "clipnorm": 1.0, "use_ema": false, "ema_momentum": 0.99, "loss_scale_factor": null, "rho": 0.8, "momentum": 0.0,)"
      R"( "epsilon": 1e-07, "centered": false}, "registered_name": null}, "loss": {"module": "keras.losses", "class_name":)"
      R"( "CategoricalCrossentropy", "config": {"name": "categorical_crossentropy", "reduction": "sum_over_batch_size", "from_logits": false,)"
      R"( "label_smoothing": 0.1, "axis": -1}, "registered_name": null}, "metrics": ["accuracy"], "weighted_metrics": null})";
  const Compiled compiled = from_compile_config(text, "test");
  CHECK(compiled.optimizer.info().class_name == "RMSprop");
  CHECK(compiled.optimizer.options().clipnorm == 1.0);
  CHECK(std::get<CategoricalCrossentropy>(*compiled.loss).label_smoothing == 0.1);
  REQUIRE(compiled.metrics->size() == 1);
  const Compiled again = from_compile_config(to_compile_config(compiled, 0.5), "test");
  CHECK(again.optimizer.learning_rate().first() == 0.5);
  CHECK(std::get<CategoricalCrossentropy>(*again.loss).label_smoothing == 0.1);
  const auto with = [&](const std::string& from, const std::string& to) {
    return std::string(text).replace(text.find(from), from.size(), to);
  };
  CHECK(mentions(data_error([&] { from_compile_config(with("\"use_ema\": false", "\"use_momentum_magic\": true"), "m.keras"); }),
                 "use_momentum_magic"));
  CHECK(mentions(data_error([&] { from_compile_config(with("\"RMSprop\"", "\"Sophia\""), "m.keras"); }), "Sophia"));
  CHECK(mentions(data_error([&] { from_compile_config(with("0.0010000000474974513", "-0.5"), "m.keras"); }), "learning_rate is negative"));
  for (const std::string damaged : {"[1]", "\"adam\"", "3"})
    CHECK(mentions(data_error([&] { from_compile_config(damaged, "m.keras"); }), "m.keras, compile_config"));
}

TEST_CASE("Muon's exclude_layers are patterns in Keras and parts of names here: where that is not the same, it is refused") {
  const auto excluding = [](const std::string& layers) {
    return from_compile_config(R"({"optimizer": {"class_name": "Muon", "config": {"exclude_layers": )" + layers + R"(}}, "loss": null})",
                               "m.keras");
  };
  CHECK(excluding(R"(["dense_1", "head/kernel"])").optimizer.config().keyword("exclude_layers") != nullptr);
  const std::string error = data_error([&] { excluding(R"x(["dense_1", "dense_(1|2)"])x"); });
  for (const char* part : {"m.keras, optimizer", "exclude_layers", "dense_(1|2)", "--optimizer"}) CHECK(mentions(error, part));
}

namespace {
std::string compiled_with(const std::string& loss, const std::string& metrics) {
  return R"({"optimizer": "adam", "loss": )" + loss + R"(, "metrics": )" + metrics + "}";
}
const std::string dice =
    R"({"module": "keras.losses", "class_name": "Dice", "config": {"name": "dice", "reduction": "sum_over_batch_size", "axis": null}})";

}  // namespace

TEST_CASE("functions of Keras as losses and metrics are understood; means of other kinds are no loss of ours") {
  const auto function = [](const std::string& name) {
    return R"({"module": "builtins", "class_name": "function", "config": ")" + name + R"(", "registered_name": "function"})";
  };
  const Compiled compiled = from_compile_config(
      compiled_with(function("categorical_crossentropy"), "[[" + function("mean_squared_error") + R"(], {"out": ["accuracy"]}])"),
      "m.keras");
  CHECK(std::holds_alternative<CategoricalCrossentropy>(*compiled.loss));
  REQUIRE(compiled.metrics->size() == 2);
  CHECK(compiled.metrics->at(0).kind == MetricKind::mean_squared_error);
  CHECK(compiled.metrics->at(0).name == "mean_squared_error");
  CHECK(std::holds_alternative<Huber>(*from_compile_config(compiled_with(R"(["huber"])", "null"), "m.keras").loss));
  for (const std::string reduction : {"null", "\"sum\"", "\"none\"", "\"mean_with_sample_weight\""}) {
    const std::string loss = R"({"class_name": "MeanSquaredError", "config": {"name": "m", "reduction": )" + reduction + "}}";
    const std::string error = data_error([&] { from_compile_config(compiled_with(loss, "[]"), "m.keras"); });
    CAPTURE(error);
    CHECK(mentions(error, "reduction"));
    CHECK(mentions(error, "--loss"));
  }
}

TEST_CASE("what a compile_config names and nobody here has is refused, left out or not looked at, as asked") {
  const std::string text = compiled_with(dice, R"(["accuracy", {"class_name": "MeanIoU", "config": {"num_classes": 3}}])");
  const std::string loss = data_error([&] { from_compile_config(text, "m.keras"); });
  for (const char* part : {"m.keras", "Dice", "categorical_crossentropy", "--loss"}) CHECK(mentions(loss, part));
  const std::string metric = data_error([&] { from_compile_config(text, "m.keras", {.loss = Wanted::nothing}); });
  for (const char* part : {"m.keras", "MeanIoU", "accuracy", "--metrics"}) CHECK(mentions(metric, part));
  const Compiled readable = from_compile_config(text, "m.keras", {.loss = Wanted::readable, .metrics = Wanted::readable});
  CHECK_FALSE(readable.loss);
  REQUIRE(readable.metrics->size() == 1);
  REQUIRE(readable.left_out.size() == 2);
  CHECK(mentions(readable.left_out[0], "m.keras: the loss Dice is left out"));
  CHECK(mentions(readable.left_out[1], "m.keras: the metric MeanIoU is left out"));
  CHECK(from_compile_config(text, "m.keras", {.loss = Wanted::nothing, .metrics = Wanted::nothing}).left_out.empty());
}
