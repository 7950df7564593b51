#include "layers/conv2d_emission.h"

#include "layers/activations.h"

namespace lehr {

Value emit_conv2d(Planner& p, const std::string& name, Value x, const ConvolutionEmission& c) {
  const Conv2dShape shape = c.shape;
  const std::int64_t rows = shape.batch * shape.out_height() * shape.out_width();
  const Value weights = p.weight(c.kernel), y = p.tensor(name, rows * shape.out_channels, p.compute_type());
  const Value bias = c.bias ? p.weight(*c.bias) : Value{};
  const bool fused = fuses(c.activation);
  const Activation inside = fused ? c.activation : Activation::linear;
  const auto trains = [&](std::size_t weight) { return p.state().tensors()[weight].trainable; };

  const Conv2dForwardSpec spec{
      .shape = shape, .dtype = p.compute_type(), .bias = c.bias.has_value(), .activation = inside, .tf32 = p.tf32()};
  auto forward = p.prepare(spec);
  const Value packed = packed_weights(p, name, weights, forward);
  p.add({.name = "conv2d",
         .layer = name,
         .problem = problem_line(spec),
         .by = forward->implementation(),
         .reads = {x, packed, bias},
         .writes = {y},
         .workspace_bytes = forward->workspace_bytes(),
         .flops = shape.flops(),
         .run = [forward, x, packed, bias, y](const Binding& v, View ws, Stream& s) {
           forward->run(v[x], v[packed], v[bias], v[y], ws, s);
         }});

  // ---- backward: dz, then d kernel (and d bias), then d input ----
  p.require_gradient(y, p.requires_gradient(x) || trains(c.kernel) || (c.bias && trains(*c.bias)));
  p.on_backward([&p, x, weights, y, shape, rows, inside, bias_index = c.bias, name, kernel = c.kernel] {
    if (!p.has_gradient(y)) return;
    const Value dz = emit_bias_activation_backward(p, name, inside, y, rows, shape.out_channels, bias_index);
    p.contribute_weight(kernel, [&](Value dw) { emit_kernel_gradient(p, name, shape, x, dz, dw); });
    p.contribute(x, [&](Value dx) {
      const Conv2dBackwardDataSpec spec{.shape = shape, .dtype = p.compute_type(), .tf32 = p.tf32()};
      auto op = p.prepare(spec);
      const Value repacked = packed_weights(p, name, weights, op);
      p.add({.name = "conv2d d input",
             .layer = name,
             .problem = problem_line(spec),
             .by = op->implementation(),
             .reads = {dz, repacked},
             .writes = {dx},
             .workspace_bytes = op->workspace_bytes(),
             .flops = shape.flops(),
             .run = [op, dz, repacked, dx](const Binding& v, View ws, Stream& s) { op->run(v[dz], v[repacked], v[dx], ws, s); }});
    });
  });
  return fused ? y : emit_activation(p, name, c.activation, y, rows, shape.out_channels);
}

void emit_kernel_gradient(Planner& p, const std::string& name, const Conv2dShape& shape, Value x, Value dz, Value dw) {
  const Conv2dBackwardWeightsSpec spec{.shape = shape, .dtype = p.compute_type(), .bias = false, .tf32 = p.tf32()};
  auto op = p.prepare(spec);
  const Value packed =
      op->packed_bytes() == 0 ? dw : p.tensor("d " + name + " packed", static_cast<std::int64_t>(op->packed_bytes()), DType::u8);
  p.add({.name = "conv2d d kernel",
         .layer = name,
         .problem = problem_line(spec),
         .by = op->implementation(),
         .reads = {x, dz},
         .writes = {packed},
         .workspace_bytes = op->workspace_bytes(),
         .flops = shape.flops(),
         .run = [op, x, dz, packed](const Binding& v, View ws, Stream& s) { op->run(v[x], v[dz], v[packed], {}, ws, s); }});
  if (packed == dw) return;
  p.add({.name = "reorder", .layer = name, .reads = {packed}, .writes = {dw}, .run = [op, packed, dw](const Binding& v, View, Stream& s) {
           op->unpack(v[packed], v[dw], s);
         }});
}

}  // namespace lehr
