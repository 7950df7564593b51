// networks.h: small networks, each with something that training does, and the data they learn: trained on the CPU and on a device, they must
// agree. One list for the executor and for a GPU.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "engine/spec/parse.h"
#include "kernels/cpu.h"
#include "kernels/philox.h"
#include "optim/catalogue.h"
#include "tests/check/small_training.h"
#include "tests/device/device.h"

namespace lehr::check {

enum class Labels { ids, one_hot, zero_one, values };

struct TrainingCase {
  std::string name = {};
  Network network = {};
  std::string optimizer = "adam(0.01)";
  Labels labels = Labels::ids;
  std::int64_t classes = 4;
  Precision precision = Precision::float32;
  bool floats = false;  ///< samples are float32, not uint8
  Network augmentation = {};
  std::vector<float> class_weights = {};
  std::uint64_t seed = 5;
};

inline Network chain(const char* text, Shape input) {
  Network net = network_from_text(text);
  net.set_input_shape(std::move(input));
  return net;
}

/// Convolutions side by side and a pool beside them, joined along the channels; a sum further on.
inline Network branches() {
  Network net(Shape{8, 8, 3});
  const Node begin =
      net.add(Conv2D{.filters = 8, .kernel_size = Size2(3), .padding = Padding::same, .activation = Activation::relu}, {Node{0}});
  const Node small = net.add(Conv2D{.filters = 4, .kernel_size = Size2(1)}, {begin});
  const Node large =
      net.add(Conv2D{.filters = 4, .kernel_size = Size2(3), .padding = Padding::same, .activation = Activation::relu}, {begin});
  const Node pooled = net.add(MaxPooling2D{.pool_size = Size2(2), .strides = Size2(1), .padding = Padding::same}, {begin});
  const Node joined = net.add(Concatenate{}, {small, large, pooled});
  const Node narrow = net.add(Conv2D{.filters = 8, .kernel_size = Size2(1)}, {joined});
  net.add(Add{}, {narrow, begin});
  return net.add(GlobalAveragePooling2D{}).add(Dense{.units = 4, .activation = Activation::softmax});
}

inline Network frozen_base() {
  Network net = chain(
      "conv2d(6, 3, use_bias=false) | batch_normalization | relu | conv2d(6, 3, activation=relu) | global_max_pooling2d | dense(8, relu) | "
      "dense(4, softmax)",
      {8, 8, 3});
  net.freeze("conv2d");
  net.freeze("batch_normalization");
  return net;
}

inline std::vector<TrainingCase> training_cases() {
  const Shape image{8, 8, 3};
  const char* mlp = "flatten | dense(16, relu) | dense(4, softmax)";
  std::vector<TrainingCase> all{
      {.name = "dense", .network = chain(mlp, image)},
      {.name = "convolutions",
       .network = chain(
           "conv2d(8, 3, activation=relu) | max_pooling2d | conv2d(8, 3, strides=2, padding=same) | flatten | dense(4, softmax)", image),
       .optimizer = "sgd(0.05, momentum=0.9, nesterov=true)"},
      {.name = "batch normalization and dropout",
       .network = chain(
           "conv2d(8, 3, use_bias=false) | batch_normalization | relu | average_pooling2d | dropout(0.3) | flatten | dense(4, softmax)",
           image)},
      {.name = "branches", .network = branches(), .optimizer = "adam(0.01, amsgrad=true)"},
      {.name = "penalties, constraints, a sum", .network = small_network(), .optimizer = "sgd(0.05)"},
      {.name = "frozen base", .network = frozen_base()},
      {.name = "activations",
       .network = chain(
           "flatten | dense(12, gelu) | dense(12, silu) | dense(12, elu) | dense(12, tanh) | leaky_relu | dense(12) | softmax | dense(4)",
           image)},
      {.name = "augmentation",
       .network = chain("conv2d(4, 3, activation=relu) | flatten | dense(4, softmax)", image),
       .augmentation = network_from_text("random_flip(horizontal) | random_translation(0.2, 0.2) | random_contrast(0.2)")},
      {.name = "bfloat16",
       .network = chain(
           "conv2d(8, 3, activation=relu, padding=same) | max_pooling2d | dropout(0.2) | flatten | dense(16, relu) | dense(4, softmax)",
           image),
       .precision = Precision::mixed_bfloat16},
      {.name = "two classes",
       .network = chain("flatten | dense(8, relu) | dense(1, sigmoid)", image),
       .labels = Labels::zero_one,
       .classes = 2},
      {.name = "one-hot, weighted", .network = chain(mlp, image), .labels = Labels::one_hot, .class_weights = {1, 2, 0.5F, 1}},
      {.name = "regression", .network = chain("dense(8, tanh) | dense(1)", {5}), .labels = Labels::values, .floats = true},
  };
  for (const char* optimizer :
       {"sgd(0.05)", "sgd(0.05, clipnorm=0.1)", "adam(0.01, global_clipnorm=0.1)", "adam(0.01, clipvalue=0.001)", "adamw(0.01)",
        "rmsprop(0.01, momentum=0.5, centered=true)", "adamax(0.01)", "nadam(0.01)", "adagrad(0.05)", "adadelta(1.0)", "ftrl(0.05)",
        "lion(0.001)", "schedule_free_adamw(0.01)", "lamb(0.01)", "lars(0.1)", "muon(0.01)", "adafactor(0.01)",
        "sgd(0.05, use_ema=true, ema_momentum=0.8, ema_overwrite_frequency=4)", "adam(0.01, gradient_accumulation_steps=3)"})
    all.push_back({.name = optimizer, .network = chain(mlp, {6, 6, 1}), .optimizer = optimizer});
  return all;
}

/// Rows drawn by Philox, labels that depend on them.
inline Dataset training_rows(const TrainingCase& c, std::int64_t rows) {
  const Shape sample = *c.network.input_shape();
  Dataset data{.x = Array(sample.with_batch(rows), c.floats ? DType::f32 : DType::u8)};
  const auto each = static_cast<std::size_t>(sample.elements());
  std::vector<int> label(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < label.size(); ++i) {
    label[i] = static_cast<int>(random_word({.seed = 3, .stream = 9}, 0, i) % static_cast<unsigned>(c.classes));
    for (std::size_t e = 0; e < each; ++e) {
      const std::uint32_t word = random_word({.seed = 3, .stream = 1}, 0, i * each + e);
      const unsigned bright = e % static_cast<std::size_t>(c.classes) == static_cast<std::size_t>(label[i]) ? 60 : 0;
      if (c.floats)
        data.x.as<float>()[i * each + e] = 2 * uniform01(word) - 1;
      else
        data.x.as<std::uint8_t>()[i * each + e] = static_cast<std::uint8_t>(word % 190 + bright);
    }
  }
  switch (c.labels) {
    case Labels::ids:
    case Labels::zero_one:
      data.y = Array({rows}, DType::i32);
      for (std::size_t i = 0; i < label.size(); ++i) data.y.as<std::int32_t>()[i] = label[i];
      break;
    case Labels::one_hot:
      data.y = Array({rows, c.classes}, DType::f32);
      for (std::size_t i = 0; i < data.y.count(); ++i) data.y.as<float>()[i] = 0;
      for (std::size_t i = 0; i < label.size(); ++i)
        data.y.as<float>()[i * static_cast<std::size_t>(c.classes) + static_cast<std::size_t>(label[i])] = 1;
      break;
    default:
      data.y = Array({rows, 1}, DType::f32);
      for (std::size_t i = 0; i < label.size(); ++i) data.y.as<float>()[i] = std::sin(3 * data.x.as<float>()[i * each]);
  }
  return data;
}

inline Model training_model(const TrainingCase& c, std::shared_ptr<Backend> backend) {
  return Model(c.network, {.optimizer = SpecConvert<Optimizer>::from(parse_spec(c.optimizer, "test")),
                           .precision = c.precision,
                           .seed = c.seed,
                           .backend = std::move(backend),
                           .input = c.floats ? InputTransform{} : rescaling(1.0 / 255)});
}

struct Trained {
  std::vector<float> begun = {}, weights = {};  ///< parameters and statistics
  History history = {};
};
/// Steps of 8 rows each; the last epoch's last batch has 3 rows where `ragged`.
inline Trained train(const TrainingCase& c, std::shared_ptr<Backend> backend, std::int64_t steps, bool ragged = false) {
  constexpr std::int64_t batch = 8;
  const Dataset data = training_rows(c, steps * batch + (ragged ? 3 : 0));
  Model model = training_model(c, std::move(backend));
  model.build(data.sample_shape());
  Trained out{.begun = model.state().snapshot()};
  out.history = model.fit(data, {.epochs = 1, .batch_size = batch, .class_weights = c.class_weights, .augmentation = c.augmentation});
  out.weights = model.state().snapshot();
  return out;
}

/// How far b's way is from a's, as a share of a's length.
inline double deviation(const Trained& a, const Trained& b) {
  double difference = 0, length = 0;
  for (std::size_t i = 0; i < a.weights.size(); ++i) {
    const double way = static_cast<double>(a.weights[i]) - static_cast<double>(a.begun[i]);
    const double other = static_cast<double>(b.weights[i]) - static_cast<double>(b.begun[i]);
    difference += (way - other) * (way - other);
    length += way * way;
  }
  return difference == 0 ? 0 : std::sqrt(difference / length);
}

/// Weights and loss after so many steps, on the CPU and on the device; the deviation allowed of float32 and of mixed_bfloat16.
inline void agree(const std::vector<TrainingCase>& cases, std::int64_t steps, double float32, double bfloat16,
                  const std::function<std::shared_ptr<Cuda>()>& open = device) {
  double worst = 0;
  std::string where;
  for (const TrainingCase& c : cases) {
    CAPTURE(c.name);
    const Trained on_cpu = train(c, std::make_shared<Cpu>(), steps), there = train(c, open(), steps);
    CHECK(on_cpu.begun == there.begun);
    const double off = deviation(on_cpu, there), allowed = c.precision == Precision::mixed_bfloat16 ? bfloat16 : float32;
    CAPTURE(off);
    CHECK(off <= allowed);
    if (off / allowed > worst) {
      worst = off / allowed;
      where = c.name;
    }
    CHECK(there.history.at("loss", 0) == doctest::Approx(on_cpu.history.at("loss", 0)).epsilon(10 * allowed));
  }
  MESSAGE(steps, " steps: the furthest, ", where, ", used ", 100 * worst, " % of its tolerance");
}

}  // namespace lehr::check
