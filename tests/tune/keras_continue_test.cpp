// Three epochs in Keras, saved with the optimizer's state, three more here: the losses of six in Keras (tests/golden/make_continue.py).
#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "optim/adam.h"
#include "optim/adam_family.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"
#include "tune/keras_compile.h"
#include "tune/keras_optimizer.h"

using namespace lehr;

namespace {

const std::string folder = std::string(LEHR_TESTS_DIR) + "/golden/training/";

Network network() {
  Network net = network_from_text(
      "conv2d(6, 3, padding=same, activation=relu) | max_pooling2d | conv2d(8, 3) | relu | global_average_pooling2d | dense(12, relu) | "
      "dense(4, softmax)");
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

double worst_difference(const std::string& name, Optimizer optimizer) {
  const JsonValue recorded = JsonValue::parse(read_file(folder + name + ".json"), name);
  Model model(network(), {.optimizer = std::move(optimizer)});
  const std::string half = folder + name + "_half.weights.h5";
  model.load_weights(half);
  REQUIRE(load_optimizer_state(model, half));
  CHECK(model.state().read_counters().step == 15);
  const History history = three_epochs(model);
  double worst = 0;
  for (const char* column : {"loss", "val_loss"})
    for (std::size_t i = 0; i < 3; ++i)
      worst = std::max(worst,
                       std::abs(history.at(column, static_cast<std::int64_t>(i)) - recorded.at("history").at(column).at(i + 3).number()));
  MESSAGE(name << ": largest difference " << worst);
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

TEST_CASE("a saved model goes on with the bits of one that never stopped") {
  const TemporaryFolder place;
  for (const Optimizer& optimizer :
       {Optimizer(Adam{.learning_rate = 3e-3, .amsgrad = true}), Optimizer(RMSprop{.momentum = 0.5, .centered = true})}) {
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
}
