// Configs as other versions of Keras wrote them, and wirings that cannot be rebuilt: each is refused by the layer's name.
#include <doctest/doctest.h>

#include "layers/keras_config.h"
#include "tests/check/network_run.h"

using namespace lehr;
using check::NetworkRun;

namespace {

Network rebuilt(const std::string& json) { return network_from_keras_config(JsonValue::parse(json, "test"), "old.h5"); }

std::string input_layer(const std::string& name, const std::string& shape = "[null, 2]") {
  return R"({"class_name": "InputLayer", "config": {"batch_input_shape": )" + shape +
         R"(, "dtype": "float32", "sparse": false, "name": ")" + name + R"("}, "name": ")" + name + R"(", "inbound_nodes": []})";
}

/// Keras 2's: `nodes` as it stands in inbound_nodes.
std::string layer(const std::string& class_name, const std::string& name, const std::string& nodes, const std::string& more = "") {
  return R"({"class_name": ")" + class_name + R"(", "config": {"name": ")" + name + R"(", "trainable": true, "dtype": "float32")" + more +
         R"(}, "name": ")" + name + R"(", "inbound_nodes": )" + nodes + "}";
}

std::string functional(const std::string& layers, const std::string& inputs, const std::string& outputs) {
  return R"({"class_name": "Functional", "config": {"name": "m", "layers": [)" + layers + R"(], "input_layers": )" + inputs +
         R"(, "output_layers": )" + outputs + "}}";
}

/// Outputs of a network without weights for one row.
std::vector<float> outputs(const Network& network, const std::vector<float>& x) {
  return NetworkRun(network, *network.input_shape(), {.batch = 1}).run(x);
}

void refused(const std::string& json, const std::vector<std::string>& words) {
  try {
    rebuilt(json);
    FAIL_CHECK("not refused: " << words[0]);
  } catch (const Error& error) {
    CHECK(error.info().category == Category::data);
    for (const auto& word : words)
      CHECK_MESSAGE(std::string(error.what()).find(word) != std::string::npos, std::string(error.what()), " lacks ", word);
  }
}

}  // namespace

TEST_CASE("Keras 2: operators between tensors are TFOpLambda layers, with constants on either side") {
  const std::string nodes =
      input_layer("input_1") + "," +
      layer("TFOpLambda", "tf.__operators__.add", R"([["input_1", 0, 0, {"y": 3.0, "name": null}]])",
            R"(, "function": "__operators__.add")") +
      "," +
      layer("TFOpLambda", "tf.math.subtract", R"([["_CONSTANT_VALUE", -1, 1.0, {"y": ["tf.__operators__.add", 0, 0]}]])",
            R"(, "function": "math.subtract")") +
      "," + layer("TFOpLambda", "tf.nn.relu", R"([["input_1", 0, 0, {"name": null}]])", R"(, "function": "nn.relu")") + "," +
      layer("TFOpLambda", "tf.math.multiply", R"([["tf.math.subtract", 0, 0, {"y": ["tf.nn.relu", 0, 0], "name": null}]])",
            R"(, "function": "math.multiply")");
  const Network network = rebuilt(functional(nodes, R"([["input_1", 0, 0]])", R"([["tf.math.multiply", 0, 0]])"));
  CHECK(*network.input_shape() == Shape{2});
  // (1 - (x + 3)) * relu(x)
  CHECK(outputs(network, {2, -5}) == std::vector<float>{-8, 0});
}

TEST_CASE("Keras 2: a layer used twice, a merge of both uses, a model inside") {
  const std::string inner = R"({"class_name": "Sequential", "config": {"name": "inside", "layers": [)" + input_layer("inside_input") +
                            R"(, {"class_name": "Rescaling", "config": {"name": "r", "scale": 2.0, "offset": 1.0}}]},
                             "name": "inside", "inbound_nodes": [[["rect", 0, 0, {}]], [["inside", 0, 0, {}]]]})";
  const std::string nodes =
      input_layer("input_1") + "," +
      layer("ReLU", "rect", R"([[["input_1", 0, 0, {}]]])", R"(, "max_value": null, "negative_slope": 0.5, "threshold": 0.0)") + "," +
      inner + "," + layer("Add", "sum", R"([[["inside", 1, 0, {}], ["input_1", 0, 0, {}]]])");
  const Network network = rebuilt(functional(nodes, R"([["input_1", 0, 0]])", R"([["sum", 0, 0]])"));
  REQUIRE(network.groups().size() == 2);
  CHECK(network.groups()[1].name == "inside");
  CHECK(network.groups()[1].uses.size() == 2);
  // 2 (2 relu(x) + 1) + 1 + x, the slope below zero 0.5
  CHECK(outputs(network, {1, -2}) == std::vector<float>{8, -3});
}

TEST_CASE("Keras 1: a Sequential config is a plain list of layers") {
  const Network network = rebuilt(
      R"({"class_name": "Sequential", "config": [{"class_name": "Rescaling", "config": {"name": "r", "scale": 3.0, "batch_input_shape": [null, 2]}},
          {"class_name": "Activation", "config": {"name": "a", "activation": "relu", "trainable": true}}]})");
  CHECK(outputs(network, {1, -1}) == std::vector<float>{3, 0});
}

TEST_CASE("Keras config: wirings that cannot be rebuilt are refused by name") {
  const std::string x = input_layer("x"), relu = layer("ReLU", "a", R"([[["x", 0, 0, {}]]])");
  refused(functional(x + "," + input_layer("x2") + "," + relu, R"([["x", 0, 0], ["x2", 0, 0]])", R"([["a", 0, 0]])"),
          {"several inputs", "x2", "model \"m\"", "one input and one output"});
  refused(functional(x + "," + relu, R"([["x", 0, 0]])", R"([["a", 0, 0], ["x", 0, 0]])"), {"several outputs"});
  refused(functional(x + "," + input_layer("other") + "," + relu, R"([["x", 0, 0]])", R"([["a", 0, 0]])"), {"several inputs", "other"});
  std::string inner = functional(x + "," + input_layer("x2") + "," + relu, R"([["x", 0, 0], ["x2", 0, 0]])", R"([["a", 0, 0]])");
  inner.replace(inner.find("\"m\""), 3, "\"inner\"");
  inner.insert(inner.size() - 1, R"(, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}], ["x", 0, 0, {}]]])");
  refused(functional(x + "," + inner, R"([["x", 0, 0]])", R"([["inner", 1, 0]])"), {"several inputs", "model \"inner\""});
  refused(functional(x + "," + layer("ReLU", "a", R"([[["x", 0, 1, {}]]])"), R"([["x", 0, 0]])", R"([["a", 0, 0]])"),
          {"\"a\"", "not the first output"});
  refused(functional(x + "," + layer("ReLU", "a", R"([[["b", 0, 0, {}]]])") + "," + layer("ReLU", "b", R"([[["a", 0, 0, {}]]])"),
                     R"([["x", 0, 0]])", R"([["a", 0, 0]])"),
          {"circle"});
  refused(functional(x + "," + relu + "," + relu, R"([["x", 0, 0]])", R"([["a", 0, 0]])"), {"\"a\"", "two layers have this name"});
  refused(functional(x + "," + relu, R"([["x", 0, 0]])", R"([["a", 3, 0]])"), {"\"a\"", "a call that is not there"});
  refused(functional(x + "," + layer("ReLU", "a", R"([["x", 0, 0, {"y": 2.0}]])"), R"([["x", 0, 0]])", R"([["a", 0, 0]])"),
          {"\"a\"", "a number stands among its inputs"});
  refused(functional(x + "," + layer("TFOpLambda", "tf.math.erf", R"([["x", 0, 0, {}]])", R"(, "function": "math.erf")"),
                     R"([["x", 0, 0]])", R"([["tf.math.erf", 0, 0]])"),
          {"tf.math.erf", "not supported"});
  std::string deep = R"({"class_name": "Sequential", "config": {"name": "s", "layers": []}})";
  for (int i = 0; i < 300; ++i) deep = R"({"class_name": "Sequential", "config": {"name": "s", "layers": [)" + deep + "]}}";
  CHECK_THROWS_AS(rebuilt(deep), Error);
}
