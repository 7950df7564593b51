#include "layers/dense.h"

#include "layers/activations.h"
#include "layers/dense_products.h"

namespace lehr {

namespace {

bool trains(const Planner& p, std::size_t weight) { return p.state().tensors()[weight].trainable; }

class DenseLayer final : public Layer {
 public:
  explicit DenseLayer(Dense spec) : spec_(std::move(spec)) {
    if (spec_.units <= 0)
      throw Error(
          {.category = Category::usage, .what = "units must be positive", .expected = "1 or more", .got = std::to_string(spec_.units)});
  }

  Shape output_shape(std::span<const Shape> in) const override {
    if (in[0].rank() == 0)
      throw Error({.category = Category::usage, .what = "needs at least one axis", .expected = "(features)", .got = in[0].text()});
    auto extents = in[0].extents();
    extents.back() = spec_.units;
    return Shape(std::move(extents));
  }

  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    std::vector<LayerWeight> out{{.name = "kernel",
                                  .shape = {in[0].back(), spec_.units},
                                  .initializer = spec_.kernel_initializer,
                                  .regularizer = spec_.kernel_regularizer,
                                  .constraint = spec_.kernel_constraint}};
    if (spec_.use_bias)
      out.push_back({.name = "bias",
                     .shape = {spec_.units},
                     .initializer = spec_.bias_initializer,
                     .regularizer = spec_.bias_regularizer,
                     .constraint = spec_.bias_constraint});
    return out;
  }

  std::optional<Activation> final_activation() const override { return spec_.activation; }
  Regularizer activity_regularizer() const override { return spec_.activity_regularizer; }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const std::int64_t inputs = e.shapes[0].back(), units = spec_.units;
    const std::int64_t rows = e.batch() * e.shapes[0].elements() / inputs;
    const Value x = e.x[0], w = p.compute_weight(e.weights[0]);
    const Value bias = spec_.use_bias ? p.weight(e.weights[1]) : Value{};
    const bool fused = fuses(spec_.activation);
    const Activation inside = fused ? spec_.activation : Activation::linear;

    const Value z = e.make_output();
    const MatmulSpec spec{.m = rows,
                          .n = units,
                          .k = inputs,
                          .a = p.dtype(x),
                          .b = p.dtype(w),
                          .c = p.dtype(z),
                          .bias = spec_.use_bias,
                          .activation = inside,
                          .tf32 = p.tf32()};
    const DenseProducts products(p, e.name, spec, x, w, bias, z);
    products.emit_forward();

    // ---- backward: dz, then d kernel (with d bias where the device's product has it), then d input ----
    p.require_gradient(z, p.requires_gradient(x) || e.trains(0) || (spec_.use_bias && e.trains(1)));
    const auto bias_index = spec_.use_bias ? std::optional(e.weights[1]) : std::nullopt;
    p.on_backward([&p, products, x, z, rows, units, inside, bias_index, name = e.name, kernel = e.weights[0]] {
      if (!p.has_gradient(z)) return;
      const auto fused_sums = bias_index && trains(p, *bias_index) && trains(p, kernel) ? products.prepare_sums() : nullptr;
      const Value dz = emit_bias_activation_backward(p, name, inside, z, rows, units, fused_sums != nullptr ? std::nullopt : bias_index);
      p.contribute_weight(kernel, [&](Value dw) {
        if (fused_sums == nullptr) return products.emit_d_kernel(dz, dw);
        p.contribute_weight(*bias_index, [&](Value db) { products.emit_d_kernel_and_bias(fused_sums, dz, dw, db); });
      });
      p.contribute(x, [&](Value dx) { products.emit_d_input(dz, dx); });
    });
    return fused ? z : emit_activation(p, e.name, spec_.activation, z, rows, units);
  }

 private:
  Dense spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Dense& spec) { return std::make_unique<DenseLayer>(spec); }

}  // namespace lehr
