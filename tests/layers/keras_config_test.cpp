// Models of real Keras (tests/golden/make_models.py) rebuilt from their config: their numbers, and the config that is written from them again.
#include "layers/keras_config.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/check/golden.h"
#include "tests/check/network_run.h"

using namespace lehr;
using check::Golden;
using check::NetworkRun;

namespace {

constexpr double tolerance = 1e-5;

/// Indices in the State, in the order of Keras's model.weights.
std::vector<std::size_t> keras_order(const Network& network, const BuiltNetwork& built) {
  std::vector<std::size_t> order;
  const std::function<void(const KerasLayer&)> visit = [&](const KerasLayer& layer) {
    if (layer.entry) {
      const auto& state = built.layers()[*layer.entry].state;
      order.insert(order.end(), state.begin(), state.end());
    }
    for (const auto& inner : layer.layers) visit(inner);
  };
  visit(keras_layers(network));
  return order;
}

void load_weights(NetworkRun& run, const std::vector<std::size_t>& order, const Golden& golden, const std::string& name) {
  REQUIRE(order.size() == run.state().tensors().size());
  for (std::size_t i = 0; i < order.size(); ++i) run.state().write(order[i], golden.at(name, "w" + std::to_string(i)));
  CHECK(golden.find(name, "w" + std::to_string(order.size())) == nullptr);
}

/// True where training computes something else than inference, so that the recorded gradients do not hold.
bool changes_in_training(const Network& network) {
  static const std::set<std::string_view> classes{"Dropout",          "GaussianNoise",   "GaussianDropout",
                                                  "SpatialDropout2D", "StochasticDepth", "BatchNormalization"};
  return std::any_of(network.entries().begin(), network.entries().end(),
                     [](const Network::Entry& e) { return classes.contains(e.layer.info().class_name); });
}

double compare_with_keras(const Golden& golden, const std::string& name, const Network& network) {
  double worst = 0;
  const auto agree = [&](const std::string& what, const std::vector<float>& got, const std::vector<float>& want) {
    const double used = check::distance(got, want) / tolerance;
    CHECK_MESSAGE(used <= 1, name, ", ", what, ": ", 100 * used, " % of the tolerance");
    worst = std::max(worst, used);
  };
  const auto x = golden.floats(name, "x");
  const std::int64_t batch = golden.at(name, "x").shape()[0];
  REQUIRE(network.input_shape());
  NetworkRun inference(network, *network.input_shape(), {.mode = PlanMode::predict, .batch = batch});
  const auto order = keras_order(network, inference.built());
  load_weights(inference, order, golden, name);
  agree("y", inference.run(x), golden.floats(name, "y"));
  if (changes_in_training(network)) return worst;

  NetworkRun training(network, *network.input_shape(), {.mode = PlanMode::train, .batch = batch});
  load_weights(training, order, golden, name);
  agree("y in training", training.run(x, golden.floats(name, "dy")), golden.floats(name, "y"));
  agree("dx", training.input_gradient(), golden.floats(name, "dx"));
  for (std::size_t i = 0; i < order.size(); ++i)
    if (training.state().tensors()[order[i]].trainable)
      agree("dw" + std::to_string(i), training.weight_gradient(order[i]), golden.floats(name, "dw" + std::to_string(i)));
  return worst;
}

bool says_nothing(const JsonValue& value) { return value.is_null() || value.text() == "false" || value.text() == "[]"; }

/// Where what we write is not what Keras writes: keys that we leave out count only where they say something.
void differences(const JsonValue& ours, const JsonValue& keras, const std::string& path, std::vector<std::string>& out) {
  // What every layer and model has and nothing here depends on.
  static const std::set<std::string> aside{"data_format",  "seed",      "input_axes", "output_axes", "compile_config", "optional",
                                           "build_config", "fill_mode", "fill_value", "training",    "renorm_momentum"};
  if (says_nothing(ours) && says_nothing(keras)) return;
  if (keras.text() == "\"float32\"" && ours.is_object()) return;  // a dtype, or the policy of that name
  if (const JsonValue* module = keras.find("module"); module != nullptr && module->text() == "\"keras.src.ops.nn\"") {
    CHECK(ours.at("class_name").string() == "Activation");  // a function of keras.ops becomes the layer that does the same
    return;
  }
  if (ours.is_number() && keras.is_number()) {
    if (ours.number() != keras.number()) out.push_back(path + ": " + ours.text() + ", not " + keras.text());
  } else if (ours.is_object() && keras.is_object()) {
    for (const auto& [key, value] : keras.members()) {
      const JsonValue* found = ours.find(key);
      if (found != nullptr)
        differences(*found, value, path + "/" + key, out);
      else if (!aside.contains(key) && !says_nothing(value) && !(key == "axis" && value.text() == "0"))
        out.push_back(path + "/" + key + " is missing: " + value.text());
    }
    for (const auto& [key, value] : ours.members())
      if (keras.find(key) == nullptr && key != "build_config" && !says_nothing(value))
        out.push_back(path + "/" + key + " is unknown to Keras: " + value.text());
  } else if (ours.is_array() && keras.is_array() && ours.size() == keras.size()) {
    for (std::size_t i = 0; i < ours.size(); ++i) differences(ours.at(i), keras.at(i), path + "/" + std::to_string(i), out);
  } else if (ours.text() != keras.text()) {
    out.push_back(path + ": " + ours.text() + ", not " + keras.text());
  }
}

JsonValue layer_json(const std::string& class_name, const std::string& config) {
  return JsonValue::parse(R"({"class_name": "Sequential", "config": [{"class_name": ")" + class_name + R"(", "config": )" + config + "}]}",
                          "test");
}

void refused(const JsonValue& json, const std::string& word) {
  try {
    network_from_keras_config(json, "some.keras");
    FAIL_CHECK("not refused: " << word);
  } catch (const Error& error) {
    CHECK(error.info().category == Category::data);
    CHECK(error.info().where.find("some.keras") != std::string::npos);
    CHECK_MESSAGE(std::string(error.what()).find(word) != std::string::npos, std::string(error.what()), " lacks ", word);
  }
}

}  // namespace

TEST_CASE("golden: models rebuilt from Keras's config give Keras's outputs and gradients") {
  const Golden golden = Golden::read("models");
  check::Book book("models.json");
  for (const auto& c : golden.cases.elements()) {
    const std::string name = c.at("name").string();
    CAPTURE(name);
    book.ran(name, compare_with_keras(golden, name, network_from_keras_config(c.at("config"), name)));
  }
  book.close("models from config");
}

TEST_CASE("Keras config: what is written is what Keras wrote, and reads back to the same network") {
  const Golden golden = Golden::read("models");
  for (const auto& c : golden.cases.elements()) {
    const std::string name = c.at("name").string();
    CAPTURE(name);
    const Network network = network_from_keras_config(c.at("config"), name);
    const JsonValue written = keras_config(network, *network.input_shape());
    std::vector<std::string> found;
    differences(written, c.at("config"), "", found);
    for (const auto& difference : found) CHECK_MESSAGE(false, difference);
    CHECK(keras_config(network_from_keras_config(written, name), *network.input_shape()).text() == written.text());
  }
}

TEST_CASE("Keras config: what cannot be rebuilt is refused by name") {
  refused(layer_json("LSTM", R"({"name": "memory", "units": 3})"), "memory");
  refused(layer_json("LSTM", R"({"name": "memory", "units": 3})"), "Conv2D");  // the list of what there is
  refused(layer_json("Conv2D", R"({"name": "c", "filters": 3, "kernel_size": 3, "data_format": "channels_first"})"), "channels_first");
  refused(layer_json("Dense", R"({"name": "d", "units": 3, "quantized": "int8"})"), "quantized");
  refused(layer_json("Dense", R"({"name": "counted", "units": "many"})"), "counted");
  refused(JsonValue::parse(R"({"class_name": "MyModel", "config": {}})", "test"), "MyModel");
  refused(JsonValue::parse(R"({"config": {}})", "test"), "no Keras model");
  refused(
      JsonValue::parse(
          R"({"class_name": "Functional", "config": {"layers": [], "input_layers": ["x", 0, 0], "output_layers": ["y", 0, 0]}})", "test"),
      "not there");
}

namespace {

JsonValue sequential(const std::string& input, const std::string& model = "") {
  return JsonValue::parse(R"({"class_name": "Sequential", "config": {"name": "s", )" + model +
                              R"("layers": [{"class_name": "InputLayer", "config": {"name": "in", )" + input +
                              R"(}}, {"class_name": "Flatten", "config": {"name": "f"}}]}})",
                          "test");
}

}  // namespace

TEST_CASE("Keras config: a damaged shape of the input is refused by its name; null is unknown") {
  const auto shape = [](const JsonValue& json) { return network_from_keras_config(json, "some.keras").input_shape(); };
  CHECK(*shape(sequential(R"("batch_shape": [null, 4, 3])")) == Shape{4, 3});
  CHECK(*shape(sequential(R"("batch_shape": [8, 4, 3])", R"("build_input_shape": [null, 4, 3], )")) == Shape{4, 3});
  CHECK(*shape(sequential(R"("batch_input_shape": {"class_name": "__tuple__", "items": [null, 4, 3]})")) == Shape{4, 3});
  CHECK_FALSE(shape(sequential(R"("batch_shape": [null, null, 3])")));
  for (const std::string damaged : {"[null, -4, 3]", "[null, 0]", "[null, 4.5]", "[null, \"4\"]", "[null, 2147483648]", "[\"x\", 4]", "[]",
                                    "7", "[null, [4]]", "[null,1,1,1,1,1,1,1,1,1]", "[null, 1000000, 1000000, 1000000]", "{\"items\": 3}"})
    for (const std::string key : {"batch_shape", "batch_input_shape"}) {
      refused(sequential("\"" + key + "\": " + damaged), key + " is no shape");
      refused(sequential("\"" + key + "\": " + damaged, R"("build_input_shape": [null, 4, 3], )"), "layer \"in\"");
    }
  refused(sequential(R"("batch_shape": [null, 5, 3])", R"("build_input_shape": [null, 4, 3], )"), "another shape than the model says");
}

TEST_CASE("Keras config: an input of bytes stays one; floats of other kinds are float32") {
  for (const auto& [given, written] : {std::pair{"uint8", "uint8"}, {"int32", "int32"}, {"float16", "float32"}, {"float32", "float32"}}) {
    const Network network =
        network_from_keras_config(sequential(R"("batch_shape": [null, 4, 3], "dtype": ")" + std::string(given) + "\""), "some.keras");
    const JsonValue config = keras_config(network, *network.input_shape());
    CHECK(config.at("config").at("layers").at(std::size_t{0}).at("config").at("dtype").string() == written);
  }
}

TEST_CASE("Keras config: celu by its name is elu") {
  for (const std::string celu : {R"("celu")", R"({"class_name": "function", "config": "celu"})"}) {
    const Network network = network_from_keras_config(
        layer_json("Dense", R"({"name": "d", "units": 3, "batch_input_shape": [null, 2], "activation": )" + celu + "}"), "some.keras");
    const JsonValue config = keras_config(network, *network.input_shape());
    CHECK(config.at("config").at("layers").at(std::size_t{1}).at("config").at("activation").string() == "elu");
  }
}

TEST_CASE("Keras config: precisions that its layers ask for are named, each once") {
  const auto policies = [](const std::string& dtype) {
    const std::string dense =
        R"({"class_name": "Dense", "config": {"units": 2, "dtype": {"class_name": "DTypePolicy", "config": {"name": ")" + dtype + "\"}}}}";
    return keras_policies(JsonValue::parse(R"({"class_name": "Functional", "config": {"layers": [{"class_name": "InputLayer", "config":)"
                                           R"( {"dtype": "uint8"}}, )" +
                                               dense + R"(, {"class_name": "Sequential", "config": {"layers": [)" + dense + "]}}]}}",
                                           "test"));
  };
  CHECK(policies("float32").empty());
  CHECK(policies("mixed_float16") == std::vector<std::string>{"mixed_float16"});
  CHECK(policies("float64") == std::vector<std::string>{"float64"});
}

TEST_CASE("freeze: a model inside by its name, its layers by their paths; every use of a layer, and the written config says so") {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/keras/models.json";
  const JsonValue models = JsonValue::parse(read_file(file), file);
  const auto named = std::find_if(models.elements().begin(), models.elements().end(),
                                  [](const JsonValue& row) { return row.at("name").string() == "nested"; });
  const auto training = [&](const char* glob) {
    Network network = network_from_keras_config(named->at("config"), "nested");
    if (network.freeze(glob) == 0) return std::string("no such layer");
    const BuiltNetwork built(network, *network.input_shape());
    const Network again = network_from_keras_config(keras_config(network, built.input()), "again");
    CHECK(BuiltNetwork(again, built.input()).trainable_count() == built.trainable_count());
    std::string out;
    for (const auto& tensor : built.tensors())
      if (tensor.trainable) out += (out.empty() ? "" : " ") + tensor.name;
    return out;
  };
  CHECK(training("inner") == "head/c/kernel head/c/bias dense/kernel dense/bias");  // used twice
  CHECK(training("head") == "c/kernel c/bias");
  CHECK(training("deep") == "c/kernel c/bias head/c/kernel head/c/bias");
  CHECK(training("head/deep") == training("deep"));
  CHECK(training("inner/*") == training("inner"));
  CHECK(training("inner/c*") == training("inner"));
  CHECK(training("head/*") == training("head"));
  CHECK(training("head/deep/d*") == training("deep"));
  CHECK(training("*").empty());
  CHECK(training("outer/*") == "no such layer");
}
