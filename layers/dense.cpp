#include "layers/dense.h"

#include "kernels/conv2d.h"
#include "kernels/matmul.h"
#include "layers/activations.h"

namespace lehr {

namespace {

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
    auto forward = p.prepare(spec);
    const double flops = 2.0 * static_cast<double>(rows) * static_cast<double>(units) * static_cast<double>(inputs);
    p.add({.name = "dense",
           .layer = e.name,
           .problem = problem_line(spec),
           .reads = {x, w, bias},
           .writes = {z},
           .workspace_bytes = forward->workspace_bytes(),
           .flops = flops,
           .run = [forward, x, w, bias, z](const Binding& v, View ws, Stream& s) { forward->run(v[x], v[w], v[bias], v[z], ws, s); }});

    // ---- backward: dz and d bias in one pass, then d kernel and d input ----
    p.require_gradient(z, p.requires_gradient(x) || e.trains(0) || (spec_.use_bias && e.trains(1)));
    const auto bias_index = spec_.use_bias ? std::optional(e.weights[1]) : std::nullopt;
    p.on_backward([&p, x, w, z, rows, inputs, units, flops, inside, bias_index, name = e.name, kernel = e.weights[0]] {
      if (!p.has_gradient(z)) return;
      const Value dz = emit_bias_activation_backward(p, name, inside, z, rows, units, bias_index);
      p.contribute_weight(kernel, [&](Value dw) {
        const MatmulSpec spec{
            .m = inputs, .n = units, .k = rows, .transpose_a = true, .a = p.dtype(x), .b = p.dtype(dz), .c = DType::f32, .tf32 = p.tf32()};
        auto op = p.prepare(spec);
        p.add({.name = "dense d kernel",
               .layer = name,
               .problem = problem_line(spec),
               .reads = {x, dz},
               .writes = {dw},
               .workspace_bytes = op->workspace_bytes(),
               .flops = flops,
               .run = [op, x, dz, dw](const Binding& v, View ws, Stream& s) { op->run(v[x], v[dz], {}, v[dw], ws, s); }});
      });
      p.contribute(x, [&](Value dx) {
        const MatmulSpec spec{
            .m = rows, .n = inputs, .k = units, .transpose_b = true, .a = p.dtype(dz), .b = p.dtype(w), .c = p.dtype(dx), .tf32 = p.tf32()};
        auto op = p.prepare(spec);
        p.add({.name = "dense d input",
               .layer = name,
               .problem = problem_line(spec),
               .reads = {dz, w},
               .writes = {dx},
               .workspace_bytes = op->workspace_bytes(),
               .flops = flops,
               .run = [op, dz, w, dx](const Binding& v, View ws, Stream& s) { op->run(v[dz], v[w], {}, v[dx], ws, s); }});
      });
    });
    return fused ? z : emit_activation(p, e.name, spec_.activation, z, rows, units);
  }

 private:
  Dense spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Dense& spec) { return std::make_unique<DenseLayer>(spec); }

}  // namespace lehr
