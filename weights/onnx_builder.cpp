#include "weights/onnx_builder.h"

#include <numbers>

#include "kernels/error.h"

namespace lehr {

std::string OnnxBuilder::fresh(const std::string& name) {
  std::string out = name;
  for (int n = 1; !used_.insert(out).second; ++n) out = name + "_" + std::to_string(n);
  return out;
}

std::string OnnxBuilder::node(const std::string& layer, const std::string& op, std::vector<std::string> inputs, Attributes attributes) {
  const std::string name = fresh(layer + "/" + op);
  graph.nodes.push_back({.op = op, .name = name, .inputs = std::move(inputs), .outputs = {name}, .attributes = std::move(attributes)});
  return name;
}

std::string OnnxBuilder::floats(const std::string& name, const Array& values) {
  const std::string unique = fresh(name);
  graph.initializers.emplace_back(unique, values.as_f32());
  return unique;
}

std::string OnnxBuilder::number(const std::string& layer, double value) {
  const auto f = static_cast<float>(value);
  return floats(layer + "/number", Array::from<float>(Shape{}, std::span<const float>(&f, 1)));
}

std::string OnnxBuilder::integers(const std::string& layer, const std::vector<std::int64_t>& values) {
  const std::string name = fresh(layer + "/integers");
  graph.initializers.emplace_back(
      name, Array::from<std::int64_t>(Shape{static_cast<std::int64_t>(values.size())}, std::span<const std::int64_t>(values)));
  return name;
}

const std::string& OnnxBuilder::last(OnnxView& value) {
  if (value.last.empty()) value.last = node(value.first, "Transpose", {value.first}, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
  return value.last;
}

const std::string& OnnxBuilder::first(OnnxView& value) {
  if (value.first.empty()) value.first = node(value.last, "Transpose", {value.last}, {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}});
  return value.first;
}

std::string onnx_activation(OnnxBuilder& b, const std::string& layer, const std::string& f, const std::string& x,
                            std::int64_t channel_axis) {
  const auto times = [&](const std::string& gate) { return b.node(layer, "Mul", {x, gate}); };
  const OnnxBuilder::Attributes hard{{"alpha", 1.0 / 6}, {"beta", 0.5}};
  if (f == "linear") return x;
  if (f == "relu") return b.node(layer, "Relu", {x});
  if (f == "relu6") return b.node(layer, "Clip", {x, b.number(layer, 0), b.number(layer, 6)});
  if (f == "leaky_relu") return b.node(layer, "LeakyRelu", {x}, {{"alpha", 0.2}});
  if (f == "elu") return b.node(layer, "Elu", {x}, {{"alpha", 1.0}});
  if (f == "selu") return b.node(layer, "Selu", {x});
  if (f == "sigmoid") return b.node(layer, "Sigmoid", {x});
  if (f == "tanh") return b.node(layer, "Tanh", {x});
  if (f == "softplus") return b.node(layer, "Softplus", {x});
  if (f == "log_sigmoid") return b.node(layer, "Log", {b.node(layer, "Sigmoid", {x})});
  if (f == "softsign") return b.node(layer, "Softsign", {x});
  if (f == "silu") return times(b.node(layer, "Sigmoid", {x}));
  if (f == "hard_sigmoid") return b.node(layer, "HardSigmoid", {x}, hard);
  if (f == "hard_silu") return times(b.node(layer, "HardSigmoid", {x}, hard));
  if (f == "mish") return times(b.node(layer, "Tanh", {b.node(layer, "Softplus", {x})}));
  if (f == "exponential") return b.node(layer, "Exp", {x});
  if (f == "gelu") {  // x/2 (1 + erf(x/sqrt 2))
    const std::string erf = b.node(layer, "Erf", {b.node(layer, "Mul", {x, b.number(layer, 1 / std::numbers::sqrt2)})});
    return b.node(layer, "Mul", {times(b.node(layer, "Add", {erf, b.number(layer, 1)})), b.number(layer, 0.5)});
  }
  if (f == "softmax" || f == "log_softmax") return b.node(layer, f == "softmax" ? "Softmax" : "LogSoftmax", {x}, {{"axis", channel_axis}});
  throw Error({.category = Category::usage, .where = "layer \"" + layer + "\"", .what = "its activation has no form in ONNX", .got = f});
}

}  // namespace lehr
