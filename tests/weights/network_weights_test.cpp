// Which tensor of a file becomes which weight of a network: by path, by name, by order; conversions, and what is said where nothing fits.
#include <doctest/doctest.h>

#include <array>
#include <cstring>

#include "layers/network.h"
#include "tests/check/data_error.h"
#include "weights/name_map.h"
#include "weights/network_weights.h"

using namespace lehr;

namespace {

Array counted(const Shape& shape, float first = 0) {
  Array out(shape, DType::f32);
  for (auto& v : out.as<float>()) v = first++;
  return out;
}

BuiltNetwork network(const std::string& text, const Shape& input) { return {network_from_text(text), input}; }

const std::string small = "conv2d(4, 3x2, name=first) | flatten | dense(5, name=last)";
const Shape image{5, 6, 2};  // -> (3, 5, 4) -> 60 -> 5

TensorFile file_of(std::vector<WeightLayer> layers) {
  return {.format = WeightFormat::keras_h5, .source = "some.h5", .layers = std::move(layers), .ordered = true};
}
WeightLayer first(const Shape& kernel) {
  return {.name = "first",
          .weights = {{.name = "kernel", .place = "/first/kernel:0", .values = counted(kernel)},
                      {.name = "bias", .values = counted({4}, 100)}}};
}
WeightLayer last() {
  return {.name = "last", .weights = {{.name = "kernel", .values = counted({60, 5}, 200)}, {.name = "bias", .values = counted({5}, 500)}}};
}

float at(const Match& match, std::size_t state, std::size_t i) {
  for (const auto& w : match.weights)
    if (w.state == state) return w.values.as<float>()[i];
  return -1;
}

}  // namespace

TEST_CASE("matching: by name in any order, by order under any names, by path") {
  const auto net = network(small, image);
  const Match by_name = match_weights(file_of({last(), first({3, 2, 2, 4})}), net, Matching::whole);
  CHECK(by_name.how == "by name");
  CHECK(at(by_name, 0, 7) == 7);
  CHECK(at(by_name, 3, 2) == 502);

  auto renamed = file_of({first({3, 2, 2, 4}), last()});
  renamed.layers[0].name = "conv2d_7";
  renamed.layers[1].name = "dense_9";
  const Match by_order = match_weights(renamed, net, Matching::whole);
  CHECK(by_order.how == "by order");
  CHECK(at(by_order, 1, 3) == 103);

  renamed.layers[0].path = "layers/conv2d";
  renamed.layers[1].path = "layers/dense";
  std::swap(renamed.layers[0], renamed.layers[1]);
  renamed.ordered = false;
  CHECK(match_weights(renamed, net, Matching::whole).how == "by path");
}

TEST_CASE("matching: numbered arrays of get_weights()") {
  const auto net = network(small, image);
  TensorFile file{.format = WeightFormat::npz, .source = "w.npz", .layers = {{.name = ""}}, .ordered = true};
  for (const Shape& shape : {Shape{3, 2, 2, 4}, Shape{4}, Shape{60, 5}, Shape{5}})
    file.layers[0].weights.push_back({.name = "arr_" + std::to_string(file.layers[0].weights.size()), .values = counted(shape)});
  const Match match = match_weights(file, net, Matching::whole);
  CHECK(match.weights.size() == 4);
  CHECK(at(match, 2, 299) == 299);
  file.layers[0].weights.pop_back();
  CHECK(mentions(data_error([&] { match_weights(file, net, Matching::whole); }), "expected 4, got 3"));
}

TEST_CASE("matching: what does not fit is named, with the transpose that would") {
  const auto net = network(small, image);
  auto file = file_of({first({4, 2, 3, 2}), last()});
  file.keras_version = "2.2.4";
  const std::string said = data_error([&] { match_weights(file, net, Matching::whole); });
  for (const char* part : {"some.h5", "/first/kernel:0", "Conv2D \"first\"", "(3, 2, 2, 4)", "(4, 2, 3, 2)", "(2, 3, 1, 0)"})
    CHECK(mentions(said, part));

  file = file_of({first({3, 2, 2, 4})});
  CHECK(mentions(data_error([&] { match_weights(file, net, Matching::whole); }), "it lacks last (layers/dense)"));
  file = file_of({first({3, 2, 2, 4}), last()});
  file.layers[0].weights.pop_back();
  CHECK(mentions(data_error([&] { match_weights(file, net, Matching::whole); }), "expected 2: kernel (3, 2, 2, 4), bias (4,), got 1"));
}

TEST_CASE("matching: files of Keras 1 and Theano are turned round") {
  const auto net = network(small, image);
  // (out, in, height, width), no version: Keras 1.
  Match match = match_weights(file_of({first({4, 2, 3, 2}), last()}), net, Matching::whole);
  CHECK(mentions(match.converted, "out, in, height, width"));
  // hwio[h][w][i][o] = oihw[o][i][h][w]: (1, 0, 1, 2) <- (2, 1, 1, 0) = 2*12 + 1*6 + 1*2
  CHECK(at(match, 0, static_cast<std::size_t>(((1 * 2 + 0) * 2 + 1) * 4 + 2)) == 2 * 12 + 1 * 6 + 1 * 2);

  auto theano = file_of({first({3, 2, 2, 4}), last()});
  theano.flipped_kernels = true;
  match = match_weights(theano, net, Matching::whole);
  // the last position's first number comes first
  CHECK(at(match, 0, 0) == static_cast<float>((3 * 2 - 1) * 8));
  CHECK(at(match, 2, 1) == 201);  // dense kernels have no direction
}

TEST_CASE("matching by name: a base's layers and no others") {
  const auto net = network("conv2d(4, 3x2, name=first) | global_average_pooling2d | dense(9, name=head)", image);
  const Match match = match_weights(file_of({first({3, 2, 2, 4})}), net, Matching::by_name);
  CHECK(match.weights.size() == 2);
  CHECK(match.kept == std::vector<std::string>{"head"});
  CHECK(mentions(data_error([&] { match_weights(file_of({first({3, 2, 2, 4}), last()}), net, Matching::by_name); }), "last"));
  CHECK(match_weights(file_of({first({3, 2, 2, 4}), last()}), net, Matching::by_name, {"first"}).weights.size() == 2);
  CHECK(mentions(data_error([&] { match_weights(file_of({last()}), net, Matching::by_name, {"first"}); }),
                 "lacks layers of the network that it is for: first"));
}

TEST_CASE("names of weights: Keras 1, 2, 3 and PyTorch") {
  CHECK(neutral_weight_name("dense_1/kernel:0") == "kernel");
  CHECK(neutral_weight_name("block1_conv1_W_1:0") == "kernel");
  CHECK(neutral_weight_name("block1_conv1_b_1:0") == "bias");
  CHECK(neutral_weight_name("bn_conv1_running_std:0") == "moving_variance");
  CHECK(neutral_weight_name("sequential/batch_normalization_2/moving_mean") == "moving_mean");
  CHECK(neutral_weight_name("conv/depthwise_kernel:0") == "depthwise_kernel");
  CHECK(weight_names("batch_normalization", 4) == std::vector<std::string>{"gamma", "beta", "moving_mean", "moving_variance"});
  CHECK(weight_names("BatchNormalization", 3) == std::vector<std::string>{"beta", "moving_mean", "moving_variance"});
  CHECK(weight_names("Conv2D", 1) == std::vector<std::string>{"kernel"});
  CHECK(weight_names("p_re_lu", 1) == std::vector<std::string>{"alpha"});
}

TEST_CASE("PyTorch's layout and back keeps every bit, depthwise kernels too") {
  for (const auto& [class_name, name, shape] :
       {std::tuple{"Conv2D", "kernel", Shape{3, 2, 5, 4}}, {"Dense", "kernel", Shape{7, 3}}, {"BatchNormalization", "gamma", Shape{6}}}) {
    const Array values = counted(shape);
    const TorchWeight torch = to_torch(class_name, name, values);
    CHECK(torch.name == "weight");
    const TorchWeight back = from_torch(torch.name, torch.values, false);
    CHECK(back.name == name);
    REQUIRE(back.values.shape() == shape);
    CHECK(std::memcmp(back.values.data(), values.data(), values.bytes()) == 0);
  }
  CHECK(to_torch("Conv2D", "kernel", counted({3, 2, 5, 4})).values.shape() == Shape{4, 5, 3, 2});
  const TorchWeight depthwise = to_torch("DepthwiseConv2D", "kernel", counted({3, 3, 4, 2}));
  CHECK(depthwise.values.shape() == Shape{8, 1, 3, 3});
  CHECK(depthwise.values.as<float>()[9] == 1);  // the second of channel 0's two filters
}

TEST_CASE("matching: with channels first, the rows of a dense kernel behind a Flatten follow the maps") {
  const auto net = network("conv2d(4, 3x2, name=first) | flatten | dropout(0.5) | dense(5, name=last) | dense(3, name=end)", image);
  WeightLayer end{.name = "end", .weights = {{.name = "kernel", .values = counted({5, 3}, 900)}, {.name = "bias", .values = counted({3})}}};
  auto file = file_of({first({4, 2, 3, 2}), last(), end});
  file.channels_first_kernels = true;
  const Match match = match_weights(file, net, Matching::whole);
  // Our row (h, w, c) of maps 3 x 5 x 4 is theirs of (c, h, w): keras.utils' convert_dense_weights_data_format.
  for (const auto& [h, w, c] : {std::array<std::size_t, 3>{0, 0, 0}, {2, 3, 1}, {1, 4, 3}})
    CHECK(at(match, 2, ((h * 5 + w) * 4 + c) * 5 + 2) == 200 + static_cast<float>(((c * 3 + h) * 5 + w) * 5 + 2));
  CHECK(at(match, 4, 7) == 907);  // no Flatten before it
  CHECK(mentions(match.converted, "behind a Flatten"));
}
