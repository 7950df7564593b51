// Networks as ONNX files. That other programs compute the same is checked by tests/compare/onnx_models.py; here: what stands in the file.
#include <doctest/doctest.h>

#include <cstring>

#include "engine/atomic_file.h"
#include "tests/check/data_error.h"
#include "tests/check/network_run.h"
#include "tests/check/temporary_folder.h"
#include "weights/model_file.h"
#include "weights/name_map.h"
#include "weights/network_weights.h"
#include "weights/onnx_model.h"

using namespace lehr;
using check::NetworkRun;

namespace {

bool same_bits(const Array& a, const Array& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

const Array& initializer(const OnnxGraph& graph, const std::string& name) {
  for (const auto& [known, values] : graph.initializers)
    if (known == name) return values;
  FAIL("no initializer " << name);
  return graph.initializers[0].second;
}

std::string operators(const OnnxGraph& graph) {
  std::string out;
  for (const auto& node : graph.nodes) out += (out.empty() ? "" : " ") + node.op;
  return out;
}

std::string written(const TemporaryFolder& folder, const std::string& text, const Shape& input, NetworkRun* run = nullptr) {
  std::string file = folder / "x.onnx";
  if (run == nullptr) {
    NetworkRun own(network_from_text(text), input);
    return written(folder, text, input, &own);
  }
  write_tensor_file(file, model_tensors(run->built(), run->state()));
  return file;
}

}  // namespace

TEST_CASE("onnx: layers become operators of opset 17, their weights the same numbers in ONNX's order") {
  const TemporaryFolder folder;
  NetworkRun run(network_from_text("conv2d(4, 3, strides=2, padding=same, activation=relu, name=a) | max_pooling2d | dropout(0.5) | "
                                   "flatten | dense(5, softmax, name=b)"),
                 {8, 6, 2});
  const OnnxGraph graph = read_onnx(written(folder, "", {}, &run));
  CHECK(graph.opset == 17);
  CHECK(operators(graph) == "Transpose Conv Relu MaxPool Transpose Reshape MatMul Add Softmax Identity");
  CHECK(graph.inputs.at(0).shape == std::vector<std::int64_t>{-1, 8, 6, 2});
  CHECK(graph.outputs.at(0).shape == std::vector<std::int64_t>{-1, 5});
  CHECK(same_bits(initializer(graph, "a/kernel"), transposed(run.state().read(0), {3, 2, 0, 1})));
  CHECK(same_bits(initializer(graph, "a/bias"), run.state().read(1)));
  CHECK(same_bits(initializer(graph, "b/kernel"), run.state().read(2)));
  const auto* pads = std::get_if<std::vector<std::int64_t>>(graph.nodes[1].find("pads"));
  REQUIRE(pads != nullptr);
  CHECK(*pads == std::vector<std::int64_t>{0, 0, 1, 1});  // TensorFlow's odd cell lies at the end
  for (const auto& node : graph.nodes)
    if (node.op == "Transpose") CHECK(std::get<std::vector<std::int64_t>>(*node.find("perm")).size() == 4);
}

TEST_CASE("onnx: every layer has a form, and every activation") {
  const TemporaryFolder folder;
  for (int f = 0; f <= static_cast<int>(Activation::log_softmax); ++f) {
    const std::string name(name_of(static_cast<Activation>(f)));
    CAPTURE(name);
    CHECK(read_onnx(written(folder, "dense(3, " + name + ")", {4})).nodes.size() >= 3);
  }
  for (const std::string text : {"depthwise_conv2d(3, depth_multiplier=2)",
                                 "separable_conv2d(4, 3, padding=same)",
                                 "conv2d_transpose(3, 3, strides=2, padding=same)",
                                 "conv2d(4, 3, groups=2, dilation_rate=2)",
                                 "average_pooling2d(3, 2, padding=same)",
                                 "global_average_pooling2d",
                                 "global_max_pooling2d(keepdims=true)",
                                 "zero_padding2d([1, 2])",
                                 "cropping2d(1)",
                                 "up_sampling2d(2)",
                                 "resizing(5, 9)",
                                 "center_crop(4, 4)",
                                 "center_crop(20, 20)",
                                 "random_crop(5, 4)",
                                 "reshape([8, -1])",
                                 "permute([2, 3, 1])",
                                 "flatten | repeat_vector(3)",
                                 "spatial_dropout2d(0.1)",
                                 "gaussian_noise(0.1)",
                                 "gaussian_dropout(0.1)",
                                 "stochastic_depth(0.1)",
                                 "relu(max_value=4, negative_slope=0.1)",
                                 "relu(threshold=0.5, negative_slope=0.2)",
                                 "leaky_relu",
                                 "elu(0.5)",
                                 "prelu(shared_axes=[1, 2])",
                                 "softmax",
                                 "batch_normalization",
                                 "layer_normalization",
                                 "group_normalization(2)",
                                 "layer_scale(projection_dim=6)",
                                 "normalization(mean=1, variance=4)",
                                 "rescaling(1/255, offset=-1)",
                                 "add(identity, conv2d(6, 1))",
                                 "subtract(identity, conv2d(6, 1))",
                                 "multiply(identity, conv2d(1, 1))",
                                 "average(identity, conv2d(6, 1))",
                                 "maximum(identity, conv2d(6, 1))",
                                 "minimum(identity, conv2d(6, 1))",
                                 "concatenate(identity, conv2d(3, 1))",
                                 "custom_scale_layer(identity, conv2d(6, 1), scale=0.2)",
                                 "operation(multiply, constant=0.5)",
                                 "random_flip | random_rotation(0.1) | random_contrast(0.2)"}) {
    CAPTURE(text);
    CHECK(!read_onnx(written(folder, text, {12, 10, 6})).nodes.empty());
  }
}

TEST_CASE("onnx: weights without a network are no model") {
  const TemporaryFolder folder;
  NetworkRun run(network_from_text("dense(2)"), {3});
  try {
    write_tensor_file(folder / "x.onnx", tensor_file_of(run.built(), run.state()));
    FAIL_CHECK("written");
  } catch (const Error& error) {
    CHECK(error.info().category == Category::usage);
    CHECK(mentions(error.what(), "--model"));
  }
}

// protobuf would reserve up to 50 MB for a text before it sees that the file ends.
TEST_CASE("onnx: a length that leads out of what holds it is named by its byte") {
  const TemporaryFolder folder;
  const std::string file = written(folder, "dense(3)", {4}), good = read_file(file);
  const auto damaged = [&](const std::string& bytes) {
    write_file_atomically(file, bytes);
    return data_error([&] { read_onnx(file); });
  };
  // A graph of four bytes whose node is as long as 127, or as one more than is left of it.
  for (const std::string length : {"\x7f", "\x03"}) {
    const std::string error = damaged("\x08\x08\x3a\x04\x0a" + length + "ab\x08\x08");
    CHECK_MESSAGE(mentions(error, "x.onnx, byte 6: "), error);
    CHECK_MESSAGE(mentions(error, "expected 2 bytes at most, got " + std::to_string(static_cast<int>(length[0]))), error);
  }
  CHECK(mentions(damaged(good.substr(0, good.size() - 1)), "a length leads out of what holds it"));
  CHECK(mentions(damaged(good + '\x80'), "a number is cut off"));
  CHECK(mentions(damaged(good + std::string(11, '\xff')), "a number does not end"));
  CHECK(mentions(damaged(good + '\x0b'), "a field of an unknown kind"));
  CHECK(damaged(good) == "(none)");
}
