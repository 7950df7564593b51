// One row a layer of the catalogue: shapes, number of weights, all fields through text and JSON, gradients against finite differences
// through a Plan, and wrong arguments. A layer without a row fails.
#include "layers/catalogue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/check/network_run.h"
#include "tests/check/round_trip.h"

using namespace lehr;

namespace {

struct Refusal {
  std::string network;
  Shape input;
  std::string word;  ///< of the message
};

struct Row {
  std::string network;  ///< with the layer in it
  Shape input, output;
  std::int64_t weights = 0, trained = 0;  ///< numbers, not tensors
  std::string every_field;                ///< the layer with no field at its default
  std::vector<Refusal> refusals;
  bool gradient = true;
};

const Shape image{4, 5, 2};

const std::map<std::string, Row>& rows() {
  static const std::map<std::string, Row> list{
      {"Conv2D",
       {.network = "conv2d(4, 3x2, strides=[1, 2], padding=same, groups=2, activation=tanh)",
        .input = image,
        .output = {4, 3, 4},
        .weights = 3 * 2 * 1 * 4 + 4,
        .trained = 28,
        .every_field = "conv2d(4, 3x2, strides=2, padding=same, dilation_rate=3, groups=2, activation=relu, use_bias=false, "
                       "kernel_initializer=he_normal, bias_initializer=ones, kernel_regularizer=l2(0.1), bias_regularizer=l1(0.1), "
                       "activity_regularizer=l1_l2(0.1, 0.2), kernel_constraint=max_norm(3, axis=[0, 1, 2]), bias_constraint=non_neg, "
                       "name=c, trainable=false)",
        .refusals = {{"conv2d(0, 3)", image, "filters"},
                     {"conv2d(4, 0)", image, "kernel_size"},
                     {"conv2d(4, 3, strides=0)", image, "strides"},
                     {"conv2d(4, 3, dilation_rate=0)", image, "dilation_rate"},
                     {"conv2d(4, 3, strides=2, dilation_rate=2)", image, "dilation_rate"},
                     {"conv2d(4, 3, groups=0)", image, "groups"},
                     {"conv2d(4, 3, groups=3)", image, "multiple of 3"},
                     {"conv2d(9, 3, groups=3)", image, "channels"},
                     {"conv2d(4, 6)", image, "larger than the image"},
                     {"conv2d(4, 3)", {10}, "(height, width, channels)"},
                     {"conv2d(4)", image, "kernel_size"},
                     {"conv2d(4, 3, padding=full)", image, "valid"},
                     {"conv2d(4, 3, activation=rel)", image, "relu"},
                     {"conv2d(4, 3, kernel_constraint=max_norm(2, axis=[0, 1, 2, 3, 4]))", image, "axis"}}}},
      {"Dense",
       {.network = "dense(3, tanh)",
        .input = {4},
        .output = {3},
        .weights = 15,
        .trained = 15,
        .every_field = "dense(3, relu, use_bias=false, kernel_initializer=random_normal(0.1, 0.2), bias_initializer=constant(0.5), "
                       "kernel_regularizer=l2(0.1), bias_regularizer=l1(0.1), activity_regularizer=l2(0.3), kernel_constraint=unit_norm, "
                       "bias_constraint=max_norm(1), name=d, trainable=false)",
        .refusals = {{"dense(0)", {4}, "units"},
                     {"dense", {4}, "units"},
                     {"dense(3, bias_constraint=max_norm(1, axis=[0, 1]))", {4}, "axis"}}}},
      {"MaxPooling2D",
       {.network = "max_pooling2d(2, strides=1, padding=same)",
        .input = image,
        .output = image,
        .every_field = "max_pooling2d(3, strides=1x2, padding=same, name=p, trainable=false)",
        .refusals = {{"max_pooling2d(6)", image, "larger than the image"},
                     {"max_pooling2d(0)", image, "pool_size"},
                     {"max_pooling2d(2, strides=0)", image, "strides"},
                     {"max_pooling2d", {9}, "(height, width, channels)"}}}},
      {"AveragePooling2D",
       {.network = "average_pooling2d([2, 3], padding=same)",
        .input = image,
        .output = {2, 2, 2},
        .every_field = "average_pooling2d(3, strides=1, padding=same, name=p, trainable=false)",
        .refusals = {{"average_pooling2d(6)", image, "larger than the image"}, {"average_pooling2d", {9}, "(height, width, channels)"}}}},
      {"GlobalAveragePooling2D",
       {.network = "global_average_pooling2d",
        .input = image,
        .output = {2},
        .every_field = "global_average_pooling2d(true, name=p, trainable=false)",
        .refusals = {{"global_average_pooling2d", {9}, "(height, width, channels)"}}}},
      {"GlobalMaxPooling2D",
       {.network = "global_max_pooling2d(keepdims=true)",
        .input = image,
        .output = {1, 1, 2},
        .every_field = "global_max_pooling2d(true, name=p, trainable=false)",
        .refusals = {{"global_max_pooling2d", {9}, "(height, width, channels)"}}}},
      {"Flatten",
       {.network = "flatten", .input = image, .output = {40}, .every_field = "flatten(name=f, trainable=false)", .refusals = {}}},
      {"Dropout",
       {.network = "dropout(0.4)",
        .input = {12},
        .output = {12},
        .every_field = "dropout(0.4, name=d, trainable=false)",
        .refusals = {{"dropout(1.5)", {4}, "0 to 1"}, {"dropout(-0.1)", {4}, "0 to 1"}, {"dropout", {4}, "rate"}}}},
      {"Activation",
       {.network = "activation(gelu)",
        .input = {7},
        .output = {7},
        .every_field = "activation(selu, name=a, trainable=false)",
        .refusals = {{"activation", {4}, "activation"}, {"activation(rel)", {4}, "relu"}}}},
      {"ReLU",
       {.network = "relu(max_value=0.71, negative_slope=0.2, threshold=0.05)",
        .input = {20},
        .output = {20},
        .every_field = "relu(6, negative_slope=0.1, threshold=0.2, name=r, trainable=false)",
        .refusals = {{"relu(max_value=-1)", {4}, "max_value"}, {"relu(negative_slope=-1)", {4}, "negative_slope"}}}},
      {"LeakyReLU",
       {.network = "leaky_relu",
        .input = {20},
        .output = {20},
        .every_field = "leaky_relu(0.1, name=r, trainable=false)",
        .refusals = {{"leaky_relu(much)", {4}, "a number"}}}},
      {"Softmax",
       {.network = "softmax",
        .input = {3, 5},
        .output = {3, 5},
        .every_field = "softmax(axis=1, name=s, trainable=false)",
        .refusals = {{"softmax(axis=1)", {3, 5}, "axis"}}}},
      {"BatchNormalization",
       {.network = "batch_normalization(epsilon=0.1)",
        .input = {2, 3, 2},
        .output = {2, 3, 2},
        .weights = 8,
        .trained = 4,
        .every_field = "batch_normalization(axis=3, momentum=0.9, epsilon=0.1, center=false, scale=false, beta_initializer=ones, "
                       "gamma_initializer=zeros, moving_mean_initializer=ones, moving_variance_initializer=zeros, name=b, trainable=false)",
        .refusals = {{"batch_normalization(axis=1)", image, "axis"}}}},
      {"Rescaling",
       {.network = "rescaling(0.5, offset=-1)",
        .input = image,
        .output = image,
        .every_field = "rescaling(1/255, offset=1, name=r, trainable=false)",
        .refusals = {{"rescaling", {4}, "scale"}}}},
      {"Add",
       {.network = "add(identity, dense(4, tanh), identity)",
        .input = {4},
        .output = {4},
        .weights = 20,
        .trained = 20,
        .every_field = "add(name=a, trainable=false)",
        .refusals = {{"add(identity, dense(3))", {4}, "one shape"},
                     {"add(identity)", {4}, "number of inputs"},
                     {"add", {4}, "number of inputs"}}}},
      {"Concatenate",
       {.network = "concatenate(dense(2), identity, dense(3, tanh))",
        .input = {4},
        .output = {9},
        .weights = 25,
        .trained = 25,
        .every_field = "concatenate(axis=1, name=c, trainable=false)",
        .refusals = {{"concatenate(identity, max_pooling2d)", image, "all axes but the last"},
                     {"concatenate(identity, identity, axis=0)", image, "axis"},
                     {"concatenate(identity)", image, "number of inputs"}}}},
      {"Identity",
       {.network = "identity", .input = image, .output = image, .every_field = "identity(name=i, trainable=false)", .refusals = {}}},
      {"RandomFlip",
       {.network = "random_flip",
        .input = image,
        .output = image,
        .every_field = "random_flip(vertical, seed=1, name=f, trainable=false)",
        .refusals = {{"random_flip(sideways)", image, "horizontal"}, {"random_flip", {4}, "(height, width, channels)"}},
        .gradient = false}},
      {"RandomRotation",
       {.network = "random_rotation(0.1)",
        .input = image,
        .output = image,
        .every_field = "random_rotation([-0.1, 0.3], fill_mode=wrap, interpolation=nearest, seed=1, fill_value=2, name=r, trainable=false)",
        .refusals = {{"random_rotation", image, "factor"}, {"random_rotation(1.5)", image, "-1"}},
        .gradient = false}},
      {"RandomTranslation",
       {.network = "random_translation(0.1, 0.1)",
        .input = image,
        .output = image,
        .every_field = "random_translation(0.1, [0, 0.2], fill_mode=constant, interpolation=nearest, seed=1, fill_value=2, name=t, "
                       "trainable=false)",
        .refusals = {{"random_translation(0.1)", image, "width_factor"}, {"random_translation(2, 0)", image, "height_factor"}},
        .gradient = false}},
      {"RandomZoom",
       {.network = "random_zoom(0.1)",
        .input = image,
        .output = image,
        .every_field = "random_zoom(0.1, width_factor=[0, 0.2], fill_mode=nearest, interpolation=nearest, seed=1, fill_value=2, name=z, "
                       "trainable=false)",
        .refusals = {{"random_zoom", image, "height_factor"}, {"random_zoom(0.1, 2)", image, "width_factor"}},
        .gradient = false}},
      {"RandomContrast",
       {.network = "random_contrast(0.1)",
        .input = image,
        .output = image,
        .every_field = "random_contrast([0.1, 0.3], value_range=[0, 1], seed=1, name=c, trainable=false)",
        .refusals = {{"random_contrast", image, "factor"}, {"random_contrast(0.1, [2, 1])", image, "value_range"}},
        .gradient = false}},
      {"RandomBrightness",
       {.network = "random_brightness(0.1)",
        .input = image,
        .output = image,
        .every_field = "random_brightness([0.1, 0.3], value_range=[0, 1], seed=1, name=b, trainable=false)",
        .refusals = {{"random_brightness", image, "factor"}, {"random_brightness(-2)", image, "-1"}},
        .gradient = false}},
      {"RandomCrop",
       {.network = "random_crop(2, 3)",
        .input = image,
        .output = {2, 3, 2},
        .every_field = "random_crop(2, 3, seed=1, name=c, trainable=false)",
        .refusals = {{"random_crop(2)", image, "width"}, {"random_crop(0, 3)", image, "positive"}},
        .gradient = false}},
  };
  return list;
}

/// Distinct numbers, at least 0.1 away from zero and 0.8/n from each other: no kink or tie within a finite difference.
std::vector<float> apart(std::size_t n) {
  std::vector<float> out(n);
  std::size_t step = 37;
  while (n % step == 0) ++step;
  for (std::size_t i = 0; i < n; ++i) {
    const float size = 0.1F + 0.8F * static_cast<float>(i * step % n) / static_cast<float>(n);
    out[i] = (i * 7 / 3) % 2 == 0 ? size : -size;
  }
  return out;
}

/// d objective / d v[i] by central differences, for a plan that computes in float32.
template <class Objective>
std::vector<float> differences(std::vector<float> v, const Objective& objective) {
  constexpr float h = 1.0F / 512;
  std::vector<float> out;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float kept = v[i];
    v[i] = kept + h;
    const double above = objective(v);
    v[i] = kept - h;
    const double below = objective(v);
    v[i] = kept;
    out.push_back(static_cast<float>((above - below) / (2.0 * static_cast<double>(h))));
  }
  return out;
}

void check_gradients(const Row& row) {
  check::NetworkRun run(network_from_text(row.network), row.input, {.mode = PlanMode::train, .batch = 2});
  const auto x = apart(2 * static_cast<std::size_t>(row.input.elements()));
  std::vector<float> dy(2 * static_cast<std::size_t>(row.output.elements()));
  for (std::size_t i = 0; i < dy.size(); ++i) dy[i] = std::cos(static_cast<float>(i));
  run.run(x, dy);
  const auto dx = run.input_gradient();
  std::vector<std::vector<float>> dw;
  for (std::size_t i = 0; i < run.state().tensors().size(); ++i)
    dw.push_back(run.state().tensors()[i].trainable ? run.weight_gradient(i) : std::vector<float>{});

  const auto objective = [&](const std::vector<float>& at) {
    const auto y = run.run(at, dy);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<double>(y[i]) * static_cast<double>(dy[i]);
    return sum;
  };
  const auto agree = [&](const std::string& what, const std::vector<float>& got, const std::vector<float>& want) {
    REQUIRE(got.size() == want.size());
    float largest = 0, worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      largest = std::max(largest, std::abs(want[i]));
      worst = std::max(worst, std::abs(got[i] - want[i]));
    }
    CHECK_MESSAGE(worst <= 2e-3F * std::max(largest, 0.1F), what, ": off by ", worst, " where the largest is ", largest);
  };
  agree("d input", dx, differences(x, objective));
  for (std::size_t w = 0; w < dw.size(); ++w) {
    if (dw[w].empty()) continue;
    const auto start = run.weight(w);
    agree("d " + run.state().tensors()[w].name, dw[w], differences(start, [&](const std::vector<float>& at) {
            run.set_weight(w, at);
            return objective(x);
          }));
    run.set_weight(w, start);
  }
}

}  // namespace

TEST_CASE("layers: every entry of the catalogue has a row here, and every row an entry") {
  for (const auto& entry : layer_catalogue().entries())
    CHECK_MESSAGE(rows().contains(std::string(entry.info.class_name)), entry.info.class_name, " has no row in this test");
  for (const auto& [class_name, row] : rows()) CHECK_MESSAGE(layer_catalogue().find(class_name) != nullptr, class_name);
}

TEST_CASE("layers: shapes, weights and names") {
  for (const auto& [class_name, row] : rows()) {
    CAPTURE(class_name);
    const BuiltNetwork built(network_from_text(row.network), row.input);
    CHECK(built.output() == row.output);
    CHECK(built.parameter_count() == row.weights);
    CHECK(built.trainable_count() == row.trained);
    CHECK(built.layers().back().class_name == class_name);
    CHECK(built.layers().back().name == automatic_name(class_name));
    // What is planned is what was promised.
    for (const PlanMode mode : {PlanMode::predict, PlanMode::train}) {
      check::NetworkRun run(network_from_text(row.network), row.input, {.mode = mode, .batch = 3, .input_gradient = row.gradient});
      const auto y = run.run(apart(3 * static_cast<std::size_t>(row.input.elements())));
      CHECK(y.size() == 3 * static_cast<std::size_t>(row.output.elements()));
      CHECK(std::all_of(y.begin(), y.end(), [](float v) { return std::isfinite(v); }));
    }
  }
}

TEST_CASE("layers: all fields survive text and JSON") {
  for (const auto& [class_name, row] : rows()) {
    CAPTURE(class_name);
    const LayerSpec layer = layer_catalogue().from(parse_spec(row.every_field, "test"));
    const auto untouched = check::untouched(layer_catalogue().find(class_name)->fields(), layer.config());
    CHECK_MESSAGE(untouched.empty(), "the row leaves a field at its default: ", untouched.empty() ? "" : untouched[0]);
    check::round_trip(layer_catalogue(), layer);
    CHECK(layer.named("other").name() == "other");
    CHECK(layer.frozen(false).trainable());
  }
}

TEST_CASE("layers: gradients agree with finite differences") {
  for (const auto& [class_name, row] : rows()) {
    if (!row.gradient) continue;
    CAPTURE(class_name);
    check_gradients(row);
  }
}

TEST_CASE("layers: wrong arguments and inputs name what was expected, and the layer") {
  for (const auto& [class_name, row] : rows())
    for (const auto& refusal : row.refusals)
      check::refused(refusal.network, refusal.word, [&] { BuiltNetwork(network_from_text(refusal.network), refusal.input); });
  try {
    BuiltNetwork(network_from_text("flatten | dense(3) | dropout(7, name=mine)"), image);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.info().where.find("Dropout \"mine\"") != std::string::npos);
    CHECK(error.info().got.starts_with("7"));
  }
}
