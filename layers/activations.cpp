#include "layers/activations.h"

#include "kernels/conv2d.h"

namespace lehr {

namespace {

/// keras.activations' defaults: leaky_relu 0.2, elu 1.
ActivationSpec spec_of(Activation activation) {
  ActivationSpec spec{.activation = activation};
  if (activation == Activation::leaky_relu) spec.alpha = 0.2F;
  if (activation == Activation::elu) spec.alpha = 1;
  return spec;
}

}  // namespace

// A loss wants the logits of softmax and sigmoid, so sigmoid stays an operation of its own.
bool fuses(Activation activation) {
  return conv2d_can_fuse(activation) && gradient_from_output(activation) && activation != Activation::sigmoid;
}

Value emit_activation(Planner& p, const std::string& layer, ActivationSpec spec, Value z) {
  if (spec.activation == Activation::linear) return z;
  spec.dtype = p.dtype(z);
  const std::string name(name_of(spec.activation));
  const Value y = p.tensor(layer + " " + name, p.count(z), spec.dtype);
  auto forward = p.prepare(spec);
  p.add({.name = name, .layer = layer, .reads = {z}, .writes = {y}, .run = [forward, z, y](const Binding& v, View, Stream& s) {
           forward->run(v[z], v[y], s);
         }});
  if (spec.activation == Activation::softmax || spec.activation == Activation::sigmoid) p.attach_logits(y, z);

  p.require_gradient(y, p.requires_gradient(z));
  p.on_backward([&p, spec, layer, name, z, y] {
    if (!p.has_gradient(y)) return;
    const Value dy = p.gradient(y);
    p.contribute(z, [&](Value dz) {
      auto op = p.prepare(ActivationBackwardSpec{spec});
      const bool from_output = gradient_from_output(spec.activation);
      const Value x = from_output ? Value{} : z, out = from_output ? y : Value{};
      p.add({.name = name + " backward",
             .layer = layer,
             .reads = {x, out, dy},
             .writes = {dz},
             .run = [op, x, out, dy, dz](const Binding& v, View, Stream& s) { op->run(v[x], v[out], v[dy], v[dz], s); }});
    });
  });
  return y;
}

Value emit_activation(Planner& p, const std::string& layer, Activation activation, Value z, std::int64_t rows, std::int64_t channels) {
  ActivationSpec spec = spec_of(activation);
  spec.rows = rows;
  spec.channels = channels;
  return emit_activation(p, layer, spec, z);
}

Value emit_bias_activation_backward(Planner& p, const std::string& layer, Activation activation, Value y, std::int64_t rows,
                                    std::int64_t channels, std::optional<std::size_t> bias) {
  const Value dy = p.gradient(y);
  if (p.masked(y)) activation = Activation::linear;  // it is dz already
  const bool linear = activation == Activation::linear;
  const bool bias_trains = bias && p.state().tensors()[*bias].trainable;
  if (linear && !bias_trains) return dy;
  const std::string name = "d " + layer + " before activation";
  const Value dz = linear ? dy : p.exclusive(dy) ? p.alias(dy, name) : p.tensor(name, p.count(dy), p.dtype(dy));
  ActivationSpec spec = spec_of(activation);
  spec.rows = rows;
  spec.channels = channels;
  spec.dtype = p.dtype(dy);
  const auto emit = [&](Value db) {
    auto op = p.prepare(BiasActivationBackwardSpec{.forward = spec, .bias = static_cast<bool>(db)});
    const Value in = linear ? Value{} : y, out = linear ? Value{} : dz;
    std::vector<Value> writes;
    if (out) writes.push_back(out);
    if (db) writes.push_back(db);
    p.add({.name = linear ? "d bias" : "activation backward",
           .layer = layer,
           .reads = {in, dy},
           .writes = std::move(writes),
           .workspace_bytes = op->workspace_bytes(),
           .run = [op, in, dy, out, db](const Binding& v, View ws, Stream& s) { op->run(v[in], v[dy], v[out], v[db], ws, s); }});
  };
  if (bias_trains)
    p.contribute_weight(*bias, emit);
  else
    emit(Value{});
  return dz;
}

namespace {

class ElementwiseLayer final : public Layer {
 public:
  explicit ElementwiseLayer(ActivationSpec spec) : spec_(spec) {}
  Shape output_shape(std::span<const Shape> in) const override { return in[0]; }
  std::optional<Activation> final_activation() const override { return spec_.activation; }
  Value emit(Emission& e) const override {
    ActivationSpec spec = spec_;
    spec.channels = e.shapes[0].rank() == 0 ? 1 : e.shapes[0].back();
    spec.rows = e.batch() * e.shapes[0].elements() / spec.channels;
    return emit_activation(e.plan, e.name, spec, e.x[0]);
  }

 private:
  ActivationSpec spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const ActivationLayer& spec) { return std::make_unique<ElementwiseLayer>(spec_of(spec.activation)); }
std::unique_ptr<Layer> make_layer(const ReLU& spec) {
  const std::pair<const char*, double> values[] = {
      {"max_value", spec.max_value.value_or(0)}, {"negative_slope", spec.negative_slope}, {"threshold", spec.threshold}};
  for (const auto& [name, value] : values)
    if (value < 0)
      throw Error({.category = Category::usage,
                   .what = std::string(name) + " cannot be negative",
                   .expected = "0 or more",
                   .got = SpecValue::of(value).print()});
  return std::make_unique<ElementwiseLayer>(ActivationSpec{.activation = Activation::relu,
                                                           .alpha = static_cast<float>(spec.negative_slope),
                                                           .max_value = spec.max_value ? static_cast<float>(*spec.max_value) : -1.0F,
                                                           .threshold = static_cast<float>(spec.threshold)});
}
std::unique_ptr<Layer> make_layer(const LeakyReLU& spec) {
  return std::make_unique<ElementwiseLayer>(
      ActivationSpec{.activation = Activation::leaky_relu, .alpha = static_cast<float>(spec.negative_slope)});
}
std::unique_ptr<Layer> make_layer(const ELU& spec) {
  return std::make_unique<ElementwiseLayer>(ActivationSpec{.activation = Activation::elu, .alpha = static_cast<float>(spec.alpha)});
}
std::unique_ptr<Layer> make_layer(const Softmax& spec) {
  if (spec.axis != -1)
    throw Error({.category = Category::usage, .what = "axis must be the last", .expected = "-1", .got = std::to_string(spec.axis)});
  return std::make_unique<ElementwiseLayer>(ActivationSpec{.activation = Activation::softmax});
}

}  // namespace lehr
