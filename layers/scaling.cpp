#include "layers/scaling.h"

#include "layers/broadcasting.h"
#include "layers/emit_scale.h"

namespace lehr {

namespace {

class PReLULayer final : public Layer {
 public:
  explicit PReLULayer(PReLU spec) : spec_(std::move(spec)) {}
  Shape output_shape(std::span<const Shape> in) const override {
    for (const int axis : spec_.shared_axes)
      if (axis < 1 || axis > static_cast<int>(in[0].rank()))
        throw Error({.category = Category::usage,
                     .what = "shared_axes are axes behind the batch",
                     .expected = "1 to " + std::to_string(in[0].rank()),
                     .got = std::to_string(axis)});
    std::vector<std::int64_t> batched{2};
    batched.insert(batched.end(), in[0].extents().begin(), in[0].extents().end());
    broadcast_axes(Shape(std::move(batched)), alpha_shape(in[0]));
    return in[0];
  }
  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    return {{.name = "alpha",
             .shape = alpha_shape(in[0]),
             .initializer = spec_.alpha_initializer,
             .regularizer = spec_.alpha_regularizer,
             .constraint = spec_.alpha_constraint}};
  }
  Value emit(Emission& e) const override {
    return emit_broadcast(e, BinaryFunction::prelu, e.x[0], e.shapes[0], e.plan.weight(e.weights[0]), alpha_shape(e.shapes[0]),
                          e.weights[0]);
  }

 private:
  Shape alpha_shape(const Shape& in) const {
    auto extents = in.extents();
    for (const int axis : spec_.shared_axes)
      if (axis >= 1 && axis <= static_cast<int>(extents.size())) extents[static_cast<std::size_t>(axis - 1)] = 1;
    return Shape(std::move(extents));
  }
  PReLU spec_;
};

class LayerScaleLayer final : public Layer {
 public:
  explicit LayerScaleLayer(LayerScale spec) : spec_(std::move(spec)) {}
  Shape output_shape(std::span<const Shape> in) const override {
    if (in[0].rank() == 0 || in[0].back() != spec_.projection_dim.value())
      throw Error({.category = Category::usage,
                   .what = "projection_dim must be the number of channels",
                   .expected = std::to_string(spec_.projection_dim),
                   .got = in[0].text()});
    return in[0];
  }
  std::vector<LayerWeight> weights(std::span<const Shape>) const override {
    return {{.name = "gamma", .shape = {spec_.projection_dim}, .initializer = {.kind = InitializerKind::constant, .a = spec_.init_values}}};
  }
  Value emit(Emission& e) const override {
    return emit_broadcast(e, BinaryFunction::multiply, e.x[0], e.shapes[0], e.plan.weight(e.weights[0]), {spec_.projection_dim},
                          e.weights[0]);
  }

 private:
  LayerScale spec_;
};

class CustomScaleLayerLayer final : public Layer {
 public:
  explicit CustomScaleLayerLayer(double scale) : scale_(static_cast<float>(scale)) {}
  std::size_t max_inputs() const override { return 2; }
  Shape output_shape(std::span<const Shape> in) const override {
    if (in.size() != 2)
      throw Error({.category = Category::usage, .what = "wrong number of inputs", .expected = "2", .got = std::to_string(in.size())});
    if (in[0] != in[1])
      throw Error({.category = Category::usage, .what = "inputs must have one shape", .expected = in[0].text(), .got = in[1].text()});
    return in[0];
  }
  Value emit(Emission& e) const override {
    const Value scaled = emit_scale(e.plan, e.name, e.x[1], 1, {scale_});
    return emit_broadcast(e, BinaryFunction::add, e.x[0], e.shapes[0], scaled, e.shapes[1]);
  }

 private:
  float scale_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const PReLU& spec) { return std::make_unique<PReLULayer>(spec); }
std::unique_ptr<Layer> make_layer(const LayerScale& spec) { return std::make_unique<LayerScaleLayer>(spec); }
std::unique_ptr<Layer> make_layer(const CustomScaleLayer& spec) { return std::make_unique<CustomScaleLayerLayer>(spec.scale); }

}  // namespace lehr
