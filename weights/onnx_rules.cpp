// Operators that work element by element, and products.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "layers/activations.h"
#include "layers/dense.h"
#include "layers/merging.h"
#include "layers/operation.h"
#include "layers/rescaling.h"
#include "layers/scaling.h"
#include "weights/name_map.h"
#include "weights/onnx_import.h"

namespace lehr {

namespace {

using Extents = OnnxImport::Extents;

/// y stands in x's order.
void element_wise(OnnxImport& import, const OnnxNode& n, LayerSpec layer) {
  const OnnxTensor x = import.value(n, 0);
  import.set(n, {.node = import.add(n, std::move(layer), {x.node}), .first = x.first});
}

template <Activation function>
void activation(OnnxImport& import, const OnnxNode& n) {
  element_wise(import, n, ActivationLayer{.activation = function});
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }

// ---- numbers that stand in the file -------------------------------------------------------------------------------------------------------

struct Scaled {
  OnnxTensor value;
  std::vector<double> numbers;  ///< one, or one a channel
};

/// Input `i` and the constant beside it, along the one axis in which the constant differs from place to place.
Scaled beside(OnnxImport& import, const OnnxNode& n, std::size_t i, std::size_t constant) {
  const Array& numbers = import.numbers(n, constant);
  const auto values = numbers.as<float>();
  Scaled out{.value = import.value(n, i), .numbers = {values.begin(), values.end()}};
  const auto rank = import.shape(out.value.node).rank() + 1, own = numbers.shape().rank();
  if (own > rank) import.refuse(n, "a constant has more axes than the value beside it", std::to_string(rank), numbers.shape().text());
  if (values.size() == 1) return out;
  std::size_t at = own;
  for (std::size_t a = 0; a < own; ++a) {
    if (numbers.shape()[a] == 1) continue;
    if (at != own) import.refuse(n, "a constant differs along several axes", "one number, or one a channel", numbers.shape().text());
    at = a;
  }
  out.value = import.with_last(n, i, static_cast<std::int64_t>(rank - own + at));
  if (import.shape(out.value.node).back() != static_cast<std::int64_t>(values.size()))
    import.refuse(n, "a constant does not fit the channels", std::to_string(import.shape(out.value.node).back()), numbers.shape().text());
  return out;
}

void rescale(OnnxImport& import, const OnnxNode& n, const OnnxTensor& x, std::vector<double> scale, std::vector<double> offset) {
  import.set(n, {.node = import.add(n, Rescaling{.scale = Numbers(std::move(scale)), .offset = Numbers(std::move(offset))}, {x.node}),
                 .first = x.first});
}

/// x . kernel + bias in two operators is one layer.
bool add_bias(OnnxImport& import, const OnnxNode& n, std::size_t i, const Scaled& s) {
  auto& entry = import.entry(s.value.node);
  const Dense* dense = entry.layer ? entry.layer->as<Dense>() : nullptr;
  const OnnxNode* product = import.producer(n.inputs[i]);  // not a second name of what others use
  if (dense == nullptr || dense->use_bias || product == nullptr || product->op != "MatMul" || !import.used_once(n.inputs[i]) ||
      import.shape(s.value.node).back() != static_cast<std::int64_t>(s.numbers.size()))
    return false;
  Dense with = *dense;
  with.use_bias = true;
  entry.layer = with;
  const std::vector<float> bias(s.numbers.begin(), s.numbers.end());
  entry.weights.push_back(
      {.name = "bias", .values = Array::from<float>(Shape{static_cast<std::int64_t>(bias.size())}, std::span<const float>(bias))});
  import.set(n, s.value);
  return true;
}

std::vector<double> negative(std::vector<double> v) {
  for (double& x : v) x = -x;
  return v;
}

bool is_rescaling(OnnxImport& import, std::size_t node, double scale) {
  const auto& entry = import.entry(node);
  const Rescaling* r = entry.layer ? entry.layer->as<Rescaling>() : nullptr;
  return r != nullptr && r->scale.value() == Numbers(scale) && r->offset == Numbers(0);
}

void with_constant(OnnxImport& import, const OnnxNode& n, bool constant_first) {
  const std::size_t i = constant_first ? 1 : 0;
  const OnnxTensor& x = import.at(n, i);
  if (x.piece == OnnxPiece::erf && n.op == "Add" && import.numbers(n, 1 - i).as<float>()[0] == 1 && import.numbers(n, 1 - i).count() == 1)
    return import.set(n, {.node = x.node, .first = x.first, .piece = OnnxPiece::gate});
  if (x.piece == OnnxPiece::gate && n.op == "Mul" && import.numbers(n, 1 - i).count() == 1 &&
      import.numbers(n, 1 - i).as<float>()[0] == 0.5F)
    return import.set(n, {.node = x.node, .first = x.first, .piece = OnnxPiece::half_gate});
  const Scaled s = beside(import, n, i, 1 - i);
  if (n.op == "Mul" && s.numbers == std::vector{0.5} && is_rescaling(import, s.value.node, 2))  // of gelu, below
    return import.set(n, {.node = import.entry(s.value.node).inputs[0], .first = s.value.first});
  if (n.op == "Add") return add_bias(import, n, i, s) ? void() : rescale(import, n, s.value, {1}, s.numbers);
  if (n.op == "Sub")
    return constant_first ? rescale(import, n, s.value, {-1}, s.numbers) : rescale(import, n, s.value, {1}, negative(s.numbers));
  if (n.op == "Mul") return rescale(import, n, s.value, s.numbers, {0});
  if (constant_first || std::any_of(s.numbers.begin(), s.numbers.end(), [](double v) { return v == 0; }))
    import.refuse(n, "divides a constant, or by zero", "a value divided by a constant, or by a value");
  std::vector<double> scale;
  for (const double v : s.numbers) scale.push_back(1 / v);
  rescale(import, n, s.value, std::move(scale), {0});
}

// ---- several values -----------------------------------------------------------------------------------------------------------------------

/// All inputs in one order; ranks must agree.
OnnxTensor merge(OnnxImport& import, const OnnxNode& n, LayerSpec layer) {
  std::vector<std::size_t> nodes;
  const std::size_t rank = import.shape(import.value(n, 0).node).rank();
  bool first = false;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    const OnnxTensor& x = import.value(n, i);
    if (import.shape(x.node).rank() != rank) import.refuse(n, "joins values of different numbers of axes", std::to_string(rank + 1));
    first = first || x.first;
  }
  for (std::size_t i = 0; i < n.inputs.size(); ++i) nodes.push_back(first ? import.image(n, i) : import.plain(n, i));
  return {.node = import.add(n, std::move(layer), std::move(nodes)), .first = first};
}

/// x (1 + erf(x/sqrt 2)) is 2 gelu(x); of x/2, or with half of the parenthesis, it is gelu(x).
bool gelu(OnnxImport& import, const OnnxNode& n) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const OnnxTensor gate = import.at(n, i), x = import.at(n, 1 - i);
    if ((gate.piece != OnnxPiece::gate && gate.piece != OnnxPiece::half_gate) || x.constant || x.piece != OnnxPiece::none ||
        x.first != gate.first)
      continue;
    const bool half_gate = gate.piece == OnnxPiece::half_gate;
    const bool half_x = !half_gate && is_rescaling(import, x.node, 0.5) && import.entry(x.node).inputs[0] == gate.node,
               half = half_gate || half_x;
    if (!half_x && x.node != gate.node) continue;
    const std::size_t y = import.add(n, ActivationLayer{.activation = Activation::gelu}, {gate.node});
    import.set(n, {.node = half ? y : import.add(n, Rescaling{.scale = Numbers(2)}, {y}), .first = gate.first});
    return true;
  }
  return false;
}

LayerSpec merging_layer(const OnnxNode& n) {
  if (n.op == "Add" || n.op == "Sum") return Add{};
  if (n.op == "Sub") return Subtract{};
  if (n.op == "Mul") return Multiply{};
  if (n.op == "Max") return Maximum{};
  if (n.op == "Min") return Minimum{};
  if (n.op == "Mean") return Average{};
  return Operation{.function = BinaryFunction::divide};
}

void binary(OnnxImport& import, const OnnxNode& n) {
  if (n.inputs.size() != 2) import.refuse(n, "takes two inputs", "2", std::to_string(n.inputs.size()));
  const bool a = import.constant(n, 0) != nullptr, b = import.constant(n, 1) != nullptr;
  if (a || b) return with_constant(import, n, a);
  if (n.op == "Mul" && gelu(import, n)) return;
  import.set(n, merge(import, n, merging_layer(n)));
}

// ---- limits -------------------------------------------------------------------------------------------------------------------------------

/// The value between two limits, by rectifiers: lowest + relu(x - lowest, at most highest - lowest); highest - relu(highest - x).
void clip(OnnxImport& import, const OnnxNode& n, const OnnxTensor& x, std::optional<double> lowest, std::optional<double> highest) {
  std::size_t y = x.node;
  const auto shifted = [&](double scale, double by) {
    if (scale != 1 || by != 0) y = import.add(n, Rescaling{.scale = Numbers(scale), .offset = Numbers(by)}, {y});
  };
  if (lowest && highest && *lowest > *highest) import.refuse(n, "its limits are the wrong way round");
  if (lowest) {
    shifted(1, -*lowest);
    y = import.add(n, ReLU{.max_value = highest ? std::optional(*highest - *lowest) : std::nullopt}, {y});
    shifted(1, *lowest);
  } else if (highest) {
    shifted(-1, *highest);
    y = import.add(n, ReLU{}, {y});
    shifted(-1, *highest);
  }
  import.set(n, {.node = y, .first = x.first});
}

std::optional<double> limit(OnnxImport& import, const OnnxNode& n, const char* name, std::size_t input) {
  constexpr double none = 3e38;
  double value = import.number(n, name, 2 * none);
  if (import.has(n, input)) {
    if (import.numbers(n, input).count() != 1) import.refuse(n, "a limit is one number");
    value = static_cast<double>(import.numbers(n, input).as<float>()[0]);
  }
  if (std::isnan(value)) import.refuse(n, "a limit is no number");
  return std::abs(value) < none ? std::optional(value) : std::nullopt;
}

void clip(OnnxImport& import, const OnnxNode& n) {
  clip(import, n, import.value(n, 0), limit(import, n, "min", 1), limit(import, n, "max", 2));
}

/// Max, Min, Mean, Sum of any number of values; Max and Min with a number are limits.
void several(OnnxImport& import, const OnnxNode& n) {
  for (std::size_t i = 0; i < n.inputs.size() && n.inputs.size() == 2; ++i) {
    const Array* number = import.constant(n, i);
    if (number == nullptr || (n.op != "Max" && n.op != "Min")) continue;
    const std::optional<double> value = limit(import, n, "", i);
    return clip(import, n, import.value(n, 1 - i), n.op == "Max" ? value : std::nullopt, n.op == "Min" ? value : std::nullopt);
  }
  if (n.inputs.size() == 1) return import.set(n, import.value(n, 0));
  import.set(n, merge(import, n, merging_layer(n)));
}

// ---- activations with parameters ----------------------------------------------------------------------------------------------------------

void hard_sigmoid(OnnxImport& import, const OnnxNode& n) {
  const double alpha = import.number(n, "alpha", 0.2), beta = import.number(n, "beta", 0.5);
  if (near(alpha, 1.0 / 6) && beta == 0.5) return activation<Activation::hard_sigmoid>(import, n);
  const OnnxTensor x = import.value(n, 0);
  const std::size_t line = import.add(n, Rescaling{.scale = Numbers(alpha), .offset = Numbers(beta)}, {x.node});
  import.set(n, {.node = import.add(n, ReLU{.max_value = 1}, {line}), .first = x.first});
}

void selu(OnnxImport& import, const OnnxNode& n) {
  if (!near(import.number(n, "alpha", 1.6732632), 1.6732632) || !near(import.number(n, "gamma", 1.050701), 1.050701))
    import.refuse(n, "its constants are not those of the paper", "alpha 1.67326, gamma 1.0507");
  activation<Activation::selu>(import, n);
}

void gelu_operator(OnnxImport& import, const OnnxNode& n) {
  if (import.text(n, "approximate", "none") != "none") import.refuse(n, "is approximated by tanh", "approximate=none");
  activation<Activation::gelu>(import, n);
}

/// The beginning of gelu: of x/sqrt 2.
void erf(OnnxImport& import, const OnnxNode& n) {
  const OnnxNode* before = import.producer(n.inputs[0]);
  if (before != nullptr && (before->op == "Mul" || before->op == "Div") && before->inputs.size() == 2)
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      const Array* factor = import.constant(*before, i);
      if (factor == nullptr || factor->dtype() != DType::f32 || factor->count() != 1 || (before->op == "Div" && i == 0)) continue;
      const double value = static_cast<double>(factor->as<float>()[0]);
      if (!near(before->op == "Mul" ? value : 1 / value, 1 / std::numbers::sqrt2)) continue;
      const OnnxTensor x = import.value(*before, 1 - i);
      return import.set(n, {.node = x.node, .first = x.first, .piece = OnnxPiece::erf});
    }
  import.refuse(n, "is known as a part of GELU only", "erf(x / sqrt(2))");
}

template <bool logarithm>
void softmax(OnnxImport& import, const OnnxNode& n) {
  const std::size_t rank = import.shape(import.value(n, 0).node).rank();
  const bool old = import.opset() < 13;  // there, all axes from the given one on are one
  const std::int64_t axis = import.integer(n, "axis", old ? 1 : -1);
  if (old && axis != -1 && axis != static_cast<std::int64_t>(rank)) import.refuse(n, "works along several axes at once", "the last axis");
  const OnnxTensor x = import.with_last(n, 0, axis);
  import.set(n, {.node = import.add(n, ActivationLayer{.activation = logarithm ? Activation::log_softmax : Activation::softmax}, {x.node}),
                 .first = x.first});
}

void prelu(OnnxImport& import, const OnnxNode& n) {
  const Array& slope = import.numbers(n, 1);
  if (slope.count() == 1) return element_wise(import, n, LeakyReLU{.negative_slope = static_cast<double>(slope.as<float>()[0])});
  const OnnxTensor x = import.value(n, 0);
  const Shape& shape = import.shape(x.node);
  Extents extents = slope.shape().extents();
  if (extents.size() == shape.rank() + 1 && extents[0] == 1) extents.erase(extents.begin());  // of the batch
  if (extents.size() > shape.rank()) import.refuse(n, "its slopes do not fit the value", shape.text(), slope.shape().text());
  extents.insert(extents.begin(), shape.rank() - extents.size(), 1);
  Array alpha = slope.reshaped(Shape(extents));
  if (x.first) alpha = transposed(alpha, {1, 2, 0});
  std::vector<int> shared;
  for (std::size_t a = 0; a < shape.rank(); ++a) {
    if (alpha.shape()[a] == 1) shared.push_back(static_cast<int>(a) + 1);
    if (alpha.shape()[a] != 1 && alpha.shape()[a] != shape[a])
      import.refuse(n, "its slopes do not fit the value", shape.text(), slope.shape().text());
  }
  import.set(n, {.node = import.add(n, PReLU{.shared_axes = shared}, {x.node},
                                    {{.name = "alpha", .place = import.name_of(n, 1), .values = alpha}}),
                 .first = x.first});
}

/// x where it reaches the threshold, else slope*(x - threshold).
void where(OnnxImport& import, const OnnxNode& n) {
  const auto number = [&](const OnnxNode& of, std::size_t i) {
    const Array* a = import.constant(of, i);
    return a != nullptr && a->dtype() == DType::f32 && a->count() == 1 ? std::optional(static_cast<double>(a->as<float>()[0]))
                                                                       : std::nullopt;
  };
  if (n.inputs.size() == 3) {
    const OnnxNode *test = import.producer(n.inputs[0]), *below = import.producer(n.inputs[2]);
    const OnnxNode* less =
        below != nullptr && below->op == "Mul" && below->inputs.size() == 2 ? import.producer(below->inputs[0]) : nullptr;
    if (test != nullptr && test->op == "GreaterOrEqual" && less != nullptr && less->op == "Sub" && less->inputs == test->inputs &&
        test->inputs.at(0) == n.inputs[1])
      if (const auto threshold = number(*test, 1), slope = number(*below, 1); threshold && slope) {
        const OnnxTensor x = import.value(n, 1);
        return import.set(n, {.node = import.add(n, ReLU{.negative_slope = *slope, .threshold = *threshold}, {x.node}), .first = x.first});
      }
  }
  import.refuse(n, "is known as a part of a thresholded ReLU only");
}

void compared(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor& x = import.value(n, 0);
  import.set(n, {.node = x.node, .first = x.first, .piece = OnnxPiece::compared});
}

// ---- products -----------------------------------------------------------------------------------------------------------------------------

void dense(OnnxImport& import, const OnnxNode& n, Array kernel, std::optional<Array> bias) {
  const std::size_t x = import.plain(n, 0);
  if (kernel.shape().rank() != 2 || kernel.shape()[0] != import.shape(x).back())
    import.refuse(n, "its numbers do not fit the value", "(" + std::to_string(import.shape(x).back()) + ", units)", kernel.shape().text());
  const auto units = static_cast<int>(kernel.shape()[1]);
  std::vector<WeightTensor> weights{{.name = "kernel", .place = import.name_of(n, 1), .values = std::move(kernel)}};
  if (bias) weights.push_back({.name = "bias", .values = std::move(*bias)});
  import.set(n, {.node = import.add(n, Dense{.units = units, .use_bias = bias.has_value()}, {x}, std::move(weights))});
}

void matmul(OnnxImport& import, const OnnxNode& n) { dense(import, n, import.numbers(n, 1), {}); }

Array times(Array a, double factor) {
  if (factor != 1)
    for (float& v : a.as<float>()) v = static_cast<float>(factor * static_cast<double>(v));
  return a;
}

void gemm(OnnxImport& import, const OnnxNode& n) {
  if (import.integer(n, "transA", 0) != 0) import.refuse(n, "turns its input", "transA=0");
  if (import.shape(import.value(n, 0).node).rank() != 1) import.refuse(n, "takes rows", "(batch, features)");
  Array kernel = import.numbers(n, 1);
  if (kernel.shape().rank() != 2) import.refuse(n, "its second input is no matrix", "(inputs, units)", kernel.shape().text());
  if (import.integer(n, "transB", 0) != 0) kernel = transposed(kernel, {1, 0});
  kernel = times(std::move(kernel), import.number(n, "alpha", 1));
  std::optional<Array> bias;
  if (import.has(n, 2)) {
    const std::int64_t units = kernel.shape()[1];
    const Array& given = import.numbers(n, 2);
    const auto count = static_cast<std::int64_t>(given.count());
    if ((count != 1 && count != units) || (given.shape().rank() > 0 && given.shape().back() != count))
      import.refuse(n, "its bias does not fit its units", std::to_string(units), given.shape().text());
    bias = Array(Shape{units}, DType::f32);
    for (std::size_t i = 0; i < bias->count(); ++i) bias->as<float>()[i] = given.as<float>()[count == 1 ? 0 : i];
    bias = times(std::move(*bias), import.number(n, "beta", 1));
  }
  dense(import, n, std::move(kernel), std::move(bias));
}

void negate(OnnxImport& import, const OnnxNode& n) { rescale(import, n, import.value(n, 0), {-1}, {0}); }

}  // namespace

OnnxRules onnx_element_rules() {
  return {
      {"Relu", activation<Activation::relu>},
      {"Sigmoid", activation<Activation::sigmoid>},
      {"Tanh", activation<Activation::tanh>},
      {"Softplus", activation<Activation::softplus>},
      {"Softsign", activation<Activation::softsign>},
      {"HardSwish", activation<Activation::hard_silu>},
      {"Mish", activation<Activation::mish>},
      {"Exp", activation<Activation::exponential>},
      {"Gelu", gelu_operator},
      {"Selu", selu},
      {"HardSigmoid", hard_sigmoid},
      {"LeakyRelu", [](OnnxImport& i, const OnnxNode& n) { element_wise(i, n, LeakyReLU{.negative_slope = i.number(n, "alpha", 0.01)}); }},
      {"Elu", [](OnnxImport& i, const OnnxNode& n) { element_wise(i, n, ELU{.alpha = i.number(n, "alpha", 1)}); }},
      {"PRelu", prelu},
      {"Softmax", softmax<false>},
      {"LogSoftmax", softmax<true>},
      {"Clip", clip},
      {"Erf", erf},
      {"Where", where},
      {"GreaterOrEqual", compared},
      {"Neg", negate},
      {"Add", binary},
      {"Sub", binary},
      {"Mul", binary},
      {"Div", binary},
      {"Max", several},
      {"Min", several},
      {"Mean", several},
      {"Sum", several},
      {"MatMul", matmul},
      {"Gemm", gemm}};
}

}  // namespace lehr
