// Files that real Keras wrote (tests/golden/models, make_golden.py of its models and trainings), read in every format, written in every
// format and read again: the same layers, the same bits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "engine/atomic_file.h"
#include "engine/data/npz.h"
#include "engine/data/zip.h"
#include "engine/json.h"
#include "tests/check/data_error.h"
#include "tests/check/temporary_folder.h"
#include "weights/convert.h"
#include "weights/formats.h"
#include "weights/model_file.h"
#include "weights/tensor_file.h"

using namespace lehr;

namespace {

std::string golden(const std::string& name) { return std::string(LEHR_TESTS_DIR) + "/golden/models/" + name; }

std::vector<const WeightLayer*> filled(const TensorFile& file) {
  std::vector<const WeightLayer*> out;
  for (const auto& layer : file.layers)
    if (!layer.weights.empty()) out.push_back(&layer);
  return out;
}

bool same_bits(const Array& a, const Array& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && (a.empty() || std::memcmp(a.data(), b.data(), a.bytes()) == 0);
}

/// Every layer with weights is in both, with equal weights; their order counts where both files know one.
void check_same(const TensorFile& a, const TensorFile& b) {
  const auto left = filled(a), right = filled(b);
  REQUIRE(left.size() == right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto at = a.ordered && b.ordered
                        ? right.begin() + static_cast<std::ptrdiff_t>(i)
                        : std::find_if(right.begin(), right.end(), [&](const auto* l) { return l->name == left[i]->name; });
    REQUIRE(at != right.end());
    CAPTURE(left[i]->name);
    CHECK((*at)->name == left[i]->name);
    REQUIRE((*at)->weights.size() == left[i]->weights.size());
    for (std::size_t w = 0; w < left[i]->weights.size(); ++w) {
      CAPTURE(left[i]->weights[w].name);
      CHECK((*at)->weights[w].name == left[i]->weights[w].name);
      CHECK(same_bits((*at)->weights[w].values, left[i]->weights[w].values));
    }
  }
}

}  // namespace

TEST_CASE("weight files: Keras's three formats of one model hold the same layers") {
  for (const std::string model : {"resnet", "nested"}) {
    CAPTURE(model);
    const TensorFile archive = read_tensor_file(golden(model + ".keras"));
    CHECK(archive.format == WeightFormat::keras);
    CHECK(archive.keras_version == "3.15.1");
    check_same(archive, read_tensor_file(golden(model + ".h5")));
    check_same(archive, read_tensor_file(golden(model + ".weights.h5")));
  }
  const TensorFile nested = read_tensor_file(golden("nested.keras"));
  const auto layers = filled(nested);
  REQUIRE(layers.size() == 3);
  CHECK(layers[1]->path == "layers/sequential/layers/separable_conv2d");
  CHECK(layers[1]->weights[1].name == "pointwise_kernel");
  CHECK(layers[1]->weights[1].values.shape() == Shape{1, 1, 6, 9});
}

TEST_CASE("weight files: optimizer state of a compiled model") {
  const TensorFile file = read_tensor_file(golden("adam_bn_end.weights.h5"));
  REQUIRE(file.optimizer);
  CHECK(file.optimizer->name == "adam_7");
  REQUIRE(file.optimizer->values.size() == 22);
  CHECK(file.optimizer->values[0].as<std::int64_t>()[0] == 30);  // six epochs of five steps
  CHECK(file.optimizer->values[1].as<float>()[0] == 0.003F);
  CHECK(file.optimizer->values[18].shape() == Shape{12, 4});
  CHECK(read_tensor_file(golden("adam_bn.keras")).compile_config.find("\"Adam\"") != std::string::npos);
}

TEST_CASE("weight files: every format keeps every bit") {
  const TemporaryFolder folder;
  for (const std::string model : {"resnet", "nested"}) {
    const TensorFile original = read_tensor_file(golden(model + ".keras"));
    for (const std::string ending : {".weights.h5", ".h5", ".keras", ".npz", ".safetensors"}) {
      CAPTURE(model + ending);
      const std::string first = folder / (model + ending), second = folder / (model + "-again" + ending);
      write_tensor_file(first, original);
      const TensorFile read = read_tensor_file(first);
      check_same(original, read);
      write_tensor_file(second, original);
      if (ending != ".keras") CHECK(read_file(first) == read_file(second));  // a .keras names the second it was saved
    }
  }
  TensorFile with_state = read_tensor_file(golden("adam_bn_end.weights.h5"));
  write_tensor_file(folder / "state.weights.h5", with_state);
  const TensorFile again = read_tensor_file(folder / "state.weights.h5");
  REQUIRE(again.optimizer);
  for (std::size_t i = 0; i < with_state.optimizer->values.size(); ++i)
    CHECK(same_bits(with_state.optimizer->values[i], again.optimizer->values[i]));
}

TEST_CASE("weight files: damaged, cut and foreign files are errors") {
  const TemporaryFolder folder;
  const auto read = [&](const std::string& bytes) { read_tensor_file(folder.write("damaged", bytes)); };
  for (const std::string name : {"nested.h5", "nested.weights.h5", "nested.keras"}) {
    CAPTURE(name);
    const std::string bytes = read_file(golden(name));
    CHECK(mentions(data_error([&] { read(bytes.substr(0, bytes.size() / 2)); }), "damaged"));
    CHECK(mentions(data_error([&] { read(std::string(bytes.size(), '\0')); }), "damaged"));
  }
  CHECK(mentions(data_error([&] { read("PK"); }), "too short"));
  CHECK(mentions(data_error([&] { read_tensor_file(folder / "absent.h5"); }), "absent.h5"));
  CHECK(mentions(data_error([&] { read_tensor_file(folder.path()); }), "is not a file"));
}

TEST_CASE("weight files: whatever is cut or flipped, a reader ends in a value or in an error" * doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  const TensorFile small{.layers = {{.name = "dense",
                                     .path = "layers/dense",
                                     .class_name = "Dense",
                                     .weights = {{.name = "kernel", .values = Array(Shape{3, 4}, DType::f32)},
                                                 {.name = "bias", .values = Array(Shape{4}, DType::f32)}}}},
                         .ordered = true,
                         .model_config = R"({"class_name": "Sequential", "config": {"name": "s", "layers": []}})"};
  for (const std::string ending : {".weights.h5", ".h5", ".keras", ".npz", ".safetensors"}) {
    CAPTURE(ending);
    const std::string file = folder / ("small" + ending);
    write_tensor_file(file, small);
    survive_damage(read_file(file), [&](const std::string& bytes) { read_tensor_file(folder.write("damaged", bytes)); });
  }
}

TEST_CASE("safetensors: absurd shapes, overlaps, holes and doubled names are refused") {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& header, std::size_t numbers) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
    const std::string file = folder.write("x.safetensors", bytes + header + std::string(numbers, '\0'));
    return data_error([&] { read_tensor_file(file); });
  };
  const auto entry = [](const std::string& name, const std::string& shape, int begin, int end) {
    return "\"" + name + R"(": {"dtype": "F32", "shape": )" + shape + R"(, "data_offsets": [)" + std::to_string(begin) + ", " +
           std::to_string(end) + "]}";
  };
  CHECK(said("{" + entry("a.weight", "[2]", 0, 8) + "}", 8) == "(none)");
  CHECK(mentions(said("{" + entry("a.weight", "[4000000000, 4000000000]", 0, 8) + "}", 8), "absurd shape"));
  CHECK(mentions(said("{" + entry("a.weight", "[3]", 0, 8) + "}", 8), "do not fill"));
  CHECK(mentions(said("{" + entry("a.weight", "[2]", 0, 8) + "}", 4), "outside the file"));
  CHECK(mentions(said("{" + entry("a.weight", "[2]", 0, 8) + ", " + entry("b.weight", "[2]", 4, 12) + "}", 12), "overlaps"));
  CHECK(mentions(said("{" + entry("a.weight", "[2]", 0, 8) + "}", 12), "no tensor"));
}

TEST_CASE("npz: an archive that unpacks to far more than it holds is refused before it is unpacked") {
  const TemporaryFolder folder;
  const Array zeros(Shape{100'000'000}, DType::f32);
  write_npz(folder / "bomb.npz", {{"dense/kernel", zeros}}, true);
  CHECK(mentions(data_error([&] { read_tensor_file(folder / "bomb.npz"); }), "unpack"));
}

TEST_CASE("keras: an archive that unpacks to more than its network needs, or has two entries of a name, is refused") {
  const TemporaryFolder folder;
  const ZipReader whole(golden("mlp.keras"));
  const auto part = [&](const char* name) { return whole.read(*whole.find(name)); };
  const auto config = part("config.json"), weights = part("model.weights.h5");
  const auto said = [&](std::span<const std::byte> first, std::span<const std::byte> second, bool twice) {
    ZipWriter zip(folder / "x.keras");
    zip.add("config.json", first, true);
    zip.add("model.weights.h5", second, true);
    if (twice) zip.add("config.json", first, true);
    zip.finish();
    return data_error([&] { read_tensor_file(folder / "x.keras"); });
  };
  const std::vector<std::byte> zeros(std::size_t{20} << 20U), spaces(std::size_t{40} << 20U, std::byte{' '});
  CHECK(said(config, weights, false) == "(none)");
  CHECK(mentions(said(config, zeros, false), "unpack to more"));
  CHECK(mentions(said(spaces, weights, false), "claims more text"));
  CHECK(mentions(said(config, weights, true), "two entries"));
  // All zeros pack to next to nothing, and are what this network has.
  const std::string large =
      R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "InputLayer", "config": )"
      R"({"batch_shape": [null, 1000], "name": "in"}}, {"class_name": "Dense", "config": {"name": "d", "units": 1000}}]}})";
  const TensorFile honest{.layers = {{.name = "d",
                                      .path = "layers/dense",
                                      .class_name = "Dense",
                                      .weights = {{.name = "kernel", .values = Array(Shape{1000, 1000}, DType::f32)},
                                                  {.name = "bias", .values = Array(Shape{1000}, DType::f32)}}}}};
  write_tensor_file(folder / "zeros.weights.h5", honest);
  const std::string bytes = read_file(folder / "zeros.weights.h5");
  CHECK(said(std::as_bytes(std::span(large)), std::as_bytes(std::span(bytes)), false) == "(none)");
}

TEST_CASE("hdf5: an encoder that has laid out one file gives the next one's bytes as libhdf5 does, and lays out another kind afresh") {
  const auto tree = [](float first, std::int64_t units) {
    TensorFile file{.ordered = true};
    Array kernel({7, units}, DType::f32), bias({units}, DType::f32);
    for (std::size_t i = 0; i < kernel.count(); ++i) kernel.as<float>()[i] = first + static_cast<float>(i);
    for (std::size_t i = 0; i < bias.count(); ++i) bias.as<float>()[i] = -first;
    file.layers.push_back(
        {.name = "dense", .path = "layers/dense", .weights = {{.name = "kernel", .values = kernel}, {.name = "bias", .values = bias}}});
    file.layers.push_back({.name = "flatten", .path = "layers/flatten"});
    file.optimizer =
        OptimizerVariables{.name = "adam", .values = {Array::from<std::int64_t>(Shape{}, std::vector<std::int64_t>{units}), bias}};
    return to_variable_paths(std::move(file));
  };
  Hdf5Encoder encoder;
  for (const auto& [first, units] : std::vector<std::pair<float, std::int64_t>>{{1, 5}, {2, 5}, {3, 5}, {4, 6}, {5, 5}, {6, 5}}) {
    const auto expected = encode_hdf5(tree(first, units));
    const auto got = encoder.encode(tree(first, units));
    CHECK(std::ranges::equal(got, expected));
  }
  // The same shapes under other names.
  Hdf5Tree renamed = tree(6, 5);
  renamed.group("layers/other").attributes["name"] = {"other"};
  CHECK(std::ranges::equal(encoder.encode(renamed), encode_hdf5(renamed)));
}

namespace {

template <class Call>
std::string usage_error(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    return error.what();
  }
  FAIL("nothing was thrown");
  return {};
}

/// Every object of Keras's that a configuration names says where Keras finds its class.
void check_modules(const JsonValue& value) {
  if (value.is_array())
    for (const auto& element : value.elements()) check_modules(element);
  if (!value.is_object()) return;
  const JsonValue* name = value.find("class_name");
  CAPTURE(value.text().substr(0, 200));
  if (name != nullptr && name->text() != "\"__keras_tensor__\"") CHECK(value.find("module") != nullptr);
  for (const auto& [key, member] : value.members()) check_modules(member);
}

}  // namespace

TEST_CASE("converting a whole .h5 writes what Keras 3 reads: its network anew, weights where Keras 3 keeps them") {
  const TemporaryFolder folder;
  for (const std::string model : {"resnet", "nested"}) {
    CAPTURE(model);
    const TensorFile keras = read_tensor_file(golden(model + ".keras"));
    convert_weights(golden(model + ".h5"), folder / "x.keras");
    const TensorFile whole = read_tensor_file(folder / "x.keras");
    check_modules(JsonValue::parse(whole.model_config, "config"));
    check_same(keras, whole);
    convert_weights(golden(model + ".h5"), folder / "x.weights.h5");
    const TensorFile paths = read_tensor_file(folder / "x.weights.h5"), wanted = read_tensor_file(golden(model + ".weights.h5"));
    REQUIRE(filled(paths).size() == filled(wanted).size());
    for (std::size_t i = 0; i < filled(paths).size(); ++i) CHECK(filled(paths)[i]->path == filled(wanted)[i]->path);
    check_same(keras, paths);
    convert_weights(golden(model + ".h5"), folder / "x.h5");
    check_same(keras, read_tensor_file(folder / "x.h5"));
  }
}

TEST_CASE("converting a compiled .h5 of Keras 3 keeps its compile configuration as .keras has it; an older one's is left out") {
  const TemporaryFolder folder;
  Hdf5Tree tree = read_hdf5(golden("resnet.h5"));
  const std::string rate =
      R"({"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}})";
  tree.groups[""].attributes["training_config"] = {
      R"({"loss": {"class_name": "Huber", "config": {"delta": 2}}, "metrics": ["accuracy", {"class_name": "AUC", "config": {}}], )"
      R"("optimizer_config": {"class_name": "Adam", "config": {"learning_rate": )" +
      rate + "}}}"};
  tree.groups[""].scalars.emplace_back("training_config");
  tree.group("optimizer_weights/adam");
  tree.group("optimizer_weights").attributes["weight_names"] = {"adam/iteration", "adam/dense_kernel_momentum"};
  const std::int64_t steps = 12;
  tree.datasets["optimizer_weights/adam/iteration"] = Array::from<std::int64_t>(Shape{}, std::span(&steps, 1));
  tree.datasets["optimizer_weights/adam/dense_kernel_momentum"] = Array({3, 2}, DType::f32);
  write_file_atomically(folder / "c.h5", encode_hdf5(tree));
  convert_weights(folder / "c.h5", folder / "c.keras");
  const JsonValue compiled = JsonValue::parse(read_tensor_file(folder / "c.keras").compile_config, "compile_config");
  check_modules(compiled);
  CHECK(compiled.find("optimizer_config") == nullptr);
  const auto state = read_tensor_file(folder / "c.keras").optimizer;
  REQUIRE(state);
  REQUIRE(state->values.size() == 2);
  CHECK(state->name == "adam");
  CHECK(state->values[0].as<std::int64_t>()[0] == 12);
  CHECK(state->values[1].shape() == Shape{3, 2});
  CHECK(compiled.at("optimizer").at("module").string() == "keras.optimizers");
  CHECK(compiled.at("optimizer").at("config").at("learning_rate").at("module").string() == "keras.optimizers.schedules");
  tree.groups[""].attributes["keras_version"] = {"2.13.1"};
  write_file_atomically(folder / "old.h5", encode_hdf5(tree));
  convert_weights(folder / "old.h5", folder / "old.keras");
  CHECK(read_tensor_file(folder / "old.keras").compile_config.empty());
  CHECK_FALSE(read_tensor_file(folder / "old.keras").optimizer);
}

TEST_CASE("converting to Keras's HDF5 what does not tell where its weights belong asks for the network") {
  const TemporaryFolder folder;
  convert_weights(golden("nested.keras"), folder / "n.npz");
  Hdf5Tree tree = read_hdf5(golden("nested.h5"));
  tree.groups[""].attributes.erase("model_config");
  write_file_atomically(folder / "bare.h5", encode_hdf5(tree));
  for (const std::string from : {"n.npz", "bare.h5"})
    for (const std::string to : {"x.weights.h5", "x.h5"}) {
      CAPTURE(from + " -> " + to);
      const std::string error = usage_error([&] { convert_weights(folder / from, folder / to); });
      CHECK(mentions(error, "--model"));
      CHECK(mentions(error, from));
      const Network network = network_of_file(golden("nested.keras"));
      convert_weights(folder / from, folder / to, BuiltNetwork(network, *network.input_shape()));
      check_same(read_tensor_file(golden("nested.keras")), read_tensor_file(folder / to));
    }
}
