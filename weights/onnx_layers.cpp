#include <algorithm>
#include <array>
#include <cmath>

#include "layers/operation.h"
#include "layers/window.h"
#include "weights/name_map.h"
#include "weights/onnx_layers.h"

namespace lehr {

namespace {

Array vector_of(const std::vector<float>& values) {
  return Array::from<float>(Shape{static_cast<std::int64_t>(values.size())}, std::span<const float>(values));
}

}  // namespace

std::string OnnxLayers::constant(const OnnxSource& s, const char* name, const Array& values) {
  return b_.floats(s.name + "/" + name, values);
}

OnnxView OnnxLayers::activated(const OnnxSource& s, OnnxView v, const std::string& function) {
  const auto axis = static_cast<std::int64_t>(v.first.empty() ? s.output.rank() : 1);
  return b_.each(v, [&](const std::string& x) { return onnx_activation(b_, s.name, function, x, axis); });
}

/// scale and shift along the last axis, or one number for all, in the order in which the value stands.
OnnxView OnnxLayers::scaled(OnnxSource& s, const std::vector<float>& scale, const std::vector<float>& shift) {
  return b_.each(in(s), [&](const std::string& x) {
    const auto shaped = [&](const std::vector<float>& v) {
      const Array row = vector_of(v);
      if (v.size() == 1) return row.reshaped(Shape{});
      return in(s).first.empty() ? row : row.reshaped(Shape{static_cast<std::int64_t>(v.size()), 1, 1});
    };
    const std::string product = b_.node(s.name, "Mul", {x, constant(s, "scale", shaped(scale))});
    return b_.node(s.name, "Add", {product, constant(s, "shift", shaped(shift))});
  });
}

OnnxView OnnxLayers::dense(OnnxSource& s) {
  OnnxView y{.last = b_.node(s.name, "MatMul", {b_.last(in(s)), constant(s, "kernel", *s.weight("kernel"))})};
  if (const Array* bias = s.weight("bias")) y.last = b_.node(s.name, "Add", {y.last, constant(s, "bias", *bias)});
  return activated(s, y, s.text("activation"));
}

std::vector<float> OnnxLayers::floats(const Array* values, std::size_t count, float otherwise) {
  if (values == nullptr) return std::vector<float>(count, otherwise);
  const Array f = values->as_f32();
  return {f.as<float>().begin(), f.as<float>().end()};
}

OnnxView OnnxLayers::batch_normalization(OnnxSource& s) {
  const auto channels = static_cast<std::size_t>(s.shapes[0].back());
  const auto axis = s.number("axis", -1);
  if (axis != -1 && axis != static_cast<double>(s.shapes[0].rank())) refuse(s);
  const auto gamma = floats(s.weight("gamma"), channels, 1), beta = floats(s.weight("beta"), channels, 0),
             mean = floats(s.weight("moving_mean"), channels, 0), variance = floats(s.weight("moving_variance"), channels, 1);
  const double epsilon = s.number("epsilon", 1e-3);
  if (s.shapes[0].rank() == 3 || s.shapes[0].rank() == 1) {
    const bool image = s.shapes[0].rank() == 3;
    const std::string y =
        b_.node(s.name, "BatchNormalization",
                {image ? b_.first(in(s)) : b_.last(in(s)), constant(s, "gamma", vector_of(gamma)), constant(s, "beta", vector_of(beta)),
                 constant(s, "moving_mean", vector_of(mean)), constant(s, "moving_variance", vector_of(variance))},
                {{"epsilon", epsilon}});
    return image ? OnnxView{.first = y} : OnnxView{.last = y};
  }
  std::vector<float> scale(channels), shift(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double factor = static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * factor);
  }
  return scaled(s, scale, shift);
}

OnnxView OnnxLayers::layer_normalization(OnnxSource& s) {
  const JsonValue& axis = s.at("axis");
  const auto rank = static_cast<std::int64_t>(s.shapes[0].rank()) + 1;
  std::int64_t begin = axis.is_array() ? rank : axis.integer();
  std::size_t axes = 1;
  if (axis.is_array()) {
    axes = axis.size();
    for (const auto& a : axis.elements()) begin = std::min(begin, a.integer() < 0 ? a.integer() + rank : a.integer());
  }
  if (begin < 0) begin += rank;
  if (begin + static_cast<std::int64_t>(axes) != rank) refuse(s);
  std::vector<std::int64_t> extents(s.shapes[0].extents().begin() + (begin - 1), s.shapes[0].extents().end());
  const Shape shape(extents);
  const auto count = static_cast<std::size_t>(shape.elements());
  const Array gamma = vector_of(floats(s.weight("gamma"), count, 1)).reshaped(shape),
              beta = vector_of(floats(s.weight("beta"), count, 0)).reshaped(shape);
  return {.last = b_.node(s.name, "LayerNormalization", {b_.last(in(s)), constant(s, "gamma", gamma), constant(s, "beta", beta)},
                          {{"axis", begin}, {"epsilon", s.number("epsilon", 1e-3)}})};
}

/// (n, groups, rest) is normalized for each sample and group.
OnnxView OnnxLayers::group_normalization(OnnxSource& s) {
  if (s.shapes[0].rank() != 3) refuse(s);
  const std::int64_t channels = s.shapes[0][2], given = s.at("groups").integer(), groups = given < 0 ? channels : given;
  const std::string x = b_.node(s.name, "Reshape", {b_.first(in(s)), b_.integers(s.name, {0, groups, -1})});
  const auto n = static_cast<std::size_t>(groups);
  const std::string y =
      b_.node(s.name, "InstanceNormalization",
              {x, constant(s, "ones", vector_of(std::vector<float>(n, 1))), constant(s, "zeros", vector_of(std::vector<float>(n, 0)))},
              {{"epsilon", s.number("epsilon", 1e-3)}});
  OnnxView back{.first = b_.node(s.name, "Reshape", {y, b_.integers(s.name, {0, channels, s.shapes[0][0], s.shapes[0][1]})})};
  s.inputs[0] = &back;
  return scaled(s, floats(s.weight("gamma"), static_cast<std::size_t>(channels), 1),
                floats(s.weight("beta"), static_cast<std::size_t>(channels), 0));
}

std::vector<float> OnnxLayers::numbers(const JsonValue& v) {
  std::vector<float> out;
  if (v.is_number()) return {static_cast<float>(v.number())};
  for (const auto& e : v.elements())
    for (const float f : numbers(e)) out.push_back(f);
  return out;
}

OnnxView OnnxLayers::rescaling(OnnxSource& s) {
  std::vector<float> scale = numbers(s.at("scale")), shift = numbers(s.at("offset"));
  return scaled(s, scale, shift);
}

/// (x - mean) / max(sqrt(variance), 1e-7), or the way back.
OnnxView OnnxLayers::normalization(OnnxSource& s) {
  const JsonValue *mean = s.config.find("mean"), *variance = s.config.find("variance"), *invert = s.config.find("invert");
  const bool given = mean != nullptr && !mean->is_null();
  const std::vector<float> m = given ? numbers(*mean) : floats(s.weight("mean"), 1, 0),
                           v = given ? numbers(*variance) : floats(s.weight("variance"), 1, 1);
  std::vector<float> scale, shift;
  for (std::size_t i = 0; i < m.size(); ++i) {
    const double deviation = std::max(std::sqrt(static_cast<double>(v[std::min(i, v.size() - 1)])), 1e-7);
    const bool back = invert != nullptr && !invert->is_null() && invert->boolean();
    scale.push_back(static_cast<float>(back ? deviation : 1 / deviation));
    shift.push_back(static_cast<float>(back ? static_cast<double>(m[i]) : -static_cast<double>(m[i]) / deviation));
  }
  return scaled(s, scale, shift);
}

OnnxView OnnxLayers::relu(OnnxSource& s) {
  const double slope = s.number("negative_slope", 0), threshold = s.number("threshold", 0);
  const JsonValue* cap = s.config.find("max_value");
  return b_.each(in(s), [&](const std::string& x) {
    std::string y;
    if (threshold != 0) {  // x where it reaches the threshold, else slope*(x - threshold)
      const std::string limit = b_.number(s.name, threshold);
      const std::string below = b_.node(s.name, "Mul", {b_.node(s.name, "Sub", {x, limit}), b_.number(s.name, slope)});
      y = b_.node(s.name, "Where", {b_.node(s.name, "GreaterOrEqual", {x, limit}), x, below});
    } else {
      y = slope == 0 ? b_.node(s.name, "Relu", {x}) : b_.node(s.name, "LeakyRelu", {x}, {{"alpha", slope}});
    }
    if (cap != nullptr && cap->is_number()) y = b_.node(s.name, "Min", {y, b_.number(s.name, cap->number())});
    return y;
  });
}

OnnxView OnnxLayers::prelu(OnnxSource& s) {
  return {.last = b_.node(s.name, "PRelu", {b_.last(in(s)), constant(s, "alpha", *s.weight("alpha"))})};
}

/// In one order for all inputs.
std::vector<std::string> OnnxLayers::together(OnnxSource& s, bool& first) {
  first = std::all_of(s.shapes.begin(), s.shapes.end(), [](const Shape& x) { return x.rank() == 3; }) &&
          std::any_of(s.inputs.begin(), s.inputs.end(), [](const OnnxView* v) { return !v->first.empty(); });
  std::vector<std::string> out;
  for (OnnxView* v : s.inputs) out.push_back(first ? b_.first(*v) : b_.last(*v));
  return out;
}

OnnxView OnnxLayers::merged(OnnxSource& s, const char* op) {
  bool first = false;
  const auto names = together(s, first);
  std::string y = names[0];
  if (std::string_view(op) == "Mean" || std::string_view(op) == "Max" || std::string_view(op) == "Min")
    y = b_.node(s.name, op, names);
  else
    for (std::size_t i = 1; i < names.size(); ++i) y = b_.node(s.name, op, {y, names[i]});
  return first ? OnnxView{.first = y} : OnnxView{.last = y};
}

OnnxView OnnxLayers::concatenated(OnnxSource& s) {
  bool first = false;
  const auto names = together(s, first);
  const auto rank = static_cast<std::int64_t>(s.output.rank()) + 1;
  std::int64_t axis = s.at("axis").integer();
  if (axis < 0) axis += rank;
  const std::array<std::int64_t, 4> turned{0, 2, 3, 1};
  const std::string y = b_.node(s.name, "Concat", names, {{"axis", first ? turned.at(static_cast<std::size_t>(axis)) : axis}});
  return first ? OnnxView{.first = y} : OnnxView{.last = y};
}

OnnxView OnnxLayers::operation(OnnxSource& s, const Operation& o) {
  static const std::map<BinaryFunction, const char*> ops{{BinaryFunction::add, "Add"},      {BinaryFunction::subtract, "Sub"},
                                                         {BinaryFunction::multiply, "Mul"}, {BinaryFunction::divide, "Div"},
                                                         {BinaryFunction::maximum, "Max"},  {BinaryFunction::minimum, "Min"}};
  const auto found = ops.find(o.function.value());
  if (found == ops.end()) refuse(s);
  if (!o.constant) return merged(s, found->second);
  return b_.each(in(s), [&](const std::string& x) {
    const std::string number = b_.number(s.name, *o.constant);
    return b_.node(s.name, found->second, o.constant_first ? std::vector{number, x} : std::vector{x, number});
  });
}

OnnxView OnnxLayers::layer_scale(OnnxSource& s) {
  const auto gamma = floats(s.weight("gamma"), static_cast<std::size_t>(s.shapes[0].back()), 1);
  return scaled(s, gamma, std::vector<float>(gamma.size(), 0));
}

OnnxView OnnxLayers::custom_scale(OnnxSource& s) {  // x_1 + scale * x_2
  bool first = false;
  const auto names = together(s, first);
  const std::string second = b_.node(s.name, "Mul", {names.at(1), b_.number(s.name, s.number("scale", 1))});
  const std::string y = b_.node(s.name, "Add", {names[0], second});
  return first ? OnnxView{.first = y} : OnnxView{.last = y};
}

OnnxView OnnxLayers::reshaped(OnnxSource& s) {
  OnnxExtents shape{0};
  for (const auto extent : s.output.extents()) shape.push_back(extent);
  return {.last = b_.node(s.name, "Reshape", {b_.last(in(s)), b_.integers(s.name, shape)})};
}

OnnxView OnnxLayers::repeated(OnnxSource& s) {
  const std::string row = b_.node(s.name, "Reshape", {b_.last(in(s)), b_.integers(s.name, {0, 1, s.output[1]})});
  return {.last = b_.node(s.name, "Tile", {row, b_.integers(s.name, {1, s.output[0], 1})})};
}

OnnxView OnnxLayers::permuted(OnnxSource& s) {
  OnnxExtents perm{0};
  for (const auto& d : s.at("dims").elements()) perm.push_back(d.integer());
  return {.last = b_.node(s.name, "Transpose", {b_.last(in(s))}, {{"perm", perm}})};
}

OnnxView OnnxLayers::same(OnnxSource& s) { return in(s); }

void OnnxLayers::refuse(const OnnxSource& s) const {
  std::string known;
  for (const auto& [name, rule] : rules()) known += (known.empty() ? "" : ", ") + name;
  throw Error({.category = Category::usage,
               .where = s.class_name + " \"" + s.name + "\"",
               .what = "this layer, or this form of it, is not written to ONNX",
               .expected = known,
               .got = s.config.text()});
}

const std::map<std::string, OnnxLayers::Rule>& OnnxLayers::rules() {
  static const std::map<std::string, Rule> table{
      {"Conv2D", [](OnnxLayers& e, OnnxSource& s) { return e.conv2d(s); }},
      {"DepthwiseConv2D", [](OnnxLayers& e, OnnxSource& s) { return e.depthwise(s); }},
      {"SeparableConv2D", [](OnnxLayers& e, OnnxSource& s) { return e.separable(s); }},
      {"Conv2DTranspose", [](OnnxLayers& e, OnnxSource& s) { return e.transpose(s); }},
      {"MaxPooling2D", [](OnnxLayers& e, OnnxSource& s) { return e.pooling(s, "MaxPool"); }},
      {"AveragePooling2D", [](OnnxLayers& e, OnnxSource& s) { return e.pooling(s, "AveragePool"); }},
      {"GlobalAveragePooling2D", [](OnnxLayers& e, OnnxSource& s) { return e.global_pooling(s, "GlobalAveragePool"); }},
      {"GlobalMaxPooling2D", [](OnnxLayers& e, OnnxSource& s) { return e.global_pooling(s, "GlobalMaxPool"); }},
      {"Dense", [](OnnxLayers& e, OnnxSource& s) { return e.dense(s); }},
      {"BatchNormalization", [](OnnxLayers& e, OnnxSource& s) { return e.batch_normalization(s); }},
      {"LayerNormalization", [](OnnxLayers& e, OnnxSource& s) { return e.layer_normalization(s); }},
      {"GroupNormalization", [](OnnxLayers& e, OnnxSource& s) { return e.group_normalization(s); }},
      {"Rescaling", [](OnnxLayers& e, OnnxSource& s) { return e.rescaling(s); }},
      {"Normalization", [](OnnxLayers& e, OnnxSource& s) { return e.normalization(s); }},
      {"Activation", [](OnnxLayers& e, OnnxSource& s) { return e.activated(s, e.in(s), s.text("activation")); }},
      {"ReLU", [](OnnxLayers& e, OnnxSource& s) { return e.relu(s); }},
      {"LeakyReLU",
       [](OnnxLayers& e, OnnxSource& s) {
         const double slope = s.number("negative_slope", 0.3);
         return e.b_.each(e.in(s), [&](const std::string& x) { return e.b_.node(s.name, "LeakyRelu", {x}, {{"alpha", slope}}); });
       }},
      {"ELU",
       [](OnnxLayers& e, OnnxSource& s) {
         const double alpha = s.number("alpha", 1);
         return e.b_.each(e.in(s), [&](const std::string& x) { return e.b_.node(s.name, "Elu", {x}, {{"alpha", alpha}}); });
       }},
      {"Softmax", [](OnnxLayers& e, OnnxSource& s) { return e.activated(s, e.in(s), "softmax"); }},
      {"PReLU", [](OnnxLayers& e, OnnxSource& s) { return e.prelu(s); }},
      {"Add", [](OnnxLayers& e, OnnxSource& s) { return e.merged(s, "Add"); }},
      {"Subtract", [](OnnxLayers& e, OnnxSource& s) { return e.merged(s, "Sub"); }},
      {"Multiply", [](OnnxLayers& e, OnnxSource& s) { return e.merged(s, "Mul"); }},
      {"Average", [](OnnxLayers& e, OnnxSource& s) { return e.merged(s, "Mean"); }},
      {"Maximum", [](OnnxLayers& e, OnnxSource& s) { return e.merged(s, "Max"); }},
      {"Minimum", [](OnnxLayers& e, OnnxSource& s) { return e.merged(s, "Min"); }},
      {"Concatenate", [](OnnxLayers& e, OnnxSource& s) { return e.concatenated(s); }},
      {"LayerScale", [](OnnxLayers& e, OnnxSource& s) { return e.layer_scale(s); }},
      {"CustomScaleLayer", [](OnnxLayers& e, OnnxSource& s) { return e.custom_scale(s); }},
      {"ZeroPadding2D", [](OnnxLayers& e, OnnxSource& s) { return e.padding(s); }},
      {"Cropping2D", [](OnnxLayers& e, OnnxSource& s) { return e.cropping(s); }},
      {"UpSampling2D", [](OnnxLayers& e, OnnxSource& s) { return e.resized(s, e.b_.first(e.in(s))); }},
      {"Resizing", [](OnnxLayers& e, OnnxSource& s) { return e.resizing(s); }},
      {"CenterCrop", [](OnnxLayers& e, OnnxSource& s) { return e.center_crop(s); }},
      {"RandomCrop", [](OnnxLayers& e, OnnxSource& s) { return e.resized_window(s); }},
      {"Flatten", [](OnnxLayers& e, OnnxSource& s) { return e.reshaped(s); }},
      {"Reshape", [](OnnxLayers& e, OnnxSource& s) { return e.reshaped(s); }},
      {"Permute", [](OnnxLayers& e, OnnxSource& s) { return e.permuted(s); }},
      {"RepeatVector", [](OnnxLayers& e, OnnxSource& s) { return e.repeated(s); }},
      {"Identity", [](OnnxLayers& e, OnnxSource& s) { return e.same(s); }}};
  return table;
}

OnnxView OnnxLayers::layer_of(OnnxSource& s) {
  if (const auto* o = s.spec.as<Operation>()) return operation(s, *o);
  static const std::vector<std::string> training_only{"Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "StochasticDepth"};
  if (std::find(training_only.begin(), training_only.end(), s.class_name) != training_only.end() ||
      (s.spec.make()->augments() && s.output == s.shapes[0]))
    return same(s);
  const auto found = rules().find(s.class_name);
  if (found == rules().end()) refuse(s);
  return found->second(*this, s);
}

}  // namespace lehr
