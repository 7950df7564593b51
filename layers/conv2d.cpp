#include "layers/conv2d.h"

#include "kernels/conv2d.h"
#include "layers/activations.h"

namespace lehr {

namespace {

void check(const Conv2D& s) {
  const auto fail = [](std::string what, std::string expected, std::int64_t got) {
    throw Error({.category = Category::usage, .what = std::move(what), .expected = std::move(expected), .got = std::to_string(got)});
  };
  const Size2 k = s.kernel_size;
  if (s.filters <= 0) fail("filters must be positive", "1 or more", s.filters);
  if (s.groups <= 0) fail("groups must be positive", "1 or more", s.groups);
  if (s.filters % s.groups != 0) fail("filters must be a multiple of groups", "a multiple of " + std::to_string(s.groups), s.filters);
  if (std::min(k.height, k.width) <= 0) fail("kernel_size must be positive", "1 or more", std::min(k.height, k.width));
  if (std::min(s.strides.height, s.strides.width) <= 0)
    fail("strides must be positive", "1 or more", std::min(s.strides.height, s.strides.width));
  if (std::min(s.dilation_rate.height, s.dilation_rate.width) <= 0)
    fail("dilation_rate must be positive", "1 or more", std::min(s.dilation_rate.height, s.dilation_rate.width));
  if (std::max(s.strides.height, s.strides.width) > 1 && std::max(s.dilation_rate.height, s.dilation_rate.width) > 1)
    fail("strides > 1 together with dilation_rate > 1 are not supported", "one of them 1", s.dilation_rate.height);
}

class Conv2DLayer final : public Layer {
 public:
  explicit Conv2DLayer(Conv2D spec) : spec_(std::move(spec)) { check(spec_); }

  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    const auto [h, w] = axes(in[0]);
    check_window(in[0], spec_.kernel_size, h, w);
    if (in[0].back() % spec_.groups != 0)
      throw Error({.category = Category::usage,
                   .what = "input channels must be a multiple of groups",
                   .expected = "a multiple of " + std::to_string(spec_.groups),
                   .got = std::to_string(in[0].back())});
    return {h.outputs, w.outputs, spec_.filters};
  }

  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    const Size2 k = spec_.kernel_size;
    std::vector<LayerWeight> out{{.name = "kernel",
                                  .shape = {k.height, k.width, in[0].back() / spec_.groups, spec_.filters},
                                  .initializer = spec_.kernel_initializer,
                                  .regularizer = spec_.kernel_regularizer,
                                  .constraint = spec_.kernel_constraint}};
    if (spec_.use_bias)
      out.push_back({.name = "bias",
                     .shape = {spec_.filters},
                     .initializer = spec_.bias_initializer,
                     .regularizer = spec_.bias_regularizer,
                     .constraint = spec_.bias_constraint});
    return out;
  }

  std::optional<Activation> final_activation() const override { return spec_.activation; }
  Regularizer activity_regularizer() const override { return spec_.activity_regularizer; }

  Value emit(Emission& e) const override {
    Planner& p = e.plan;
    const Conv2dShape shape = shape_of(e);
    const Value x = e.x[0], weights = p.weight(e.weights[0]), y = e.make_output();
    const Value bias = spec_.use_bias ? p.weight(e.weights[1]) : Value{};
    const bool fused = fuses(spec_.activation);
    const Activation inside = fused ? spec_.activation : Activation::linear;
    const std::int64_t rows = e.batch() * e.output[0] * e.output[1];

    const Conv2dForwardSpec spec{.shape = shape, .dtype = p.compute_type(), .bias = spec_.use_bias, .activation = inside, .tf32 = p.tf32()};
    auto forward = p.prepare(spec);
    const Value packed = packed_weights(p, e.name, weights, forward);
    p.add({.name = "conv2d",
           .layer = e.name,
           .problem = problem_line(spec),
           .reads = {x, packed, bias},
           .writes = {y},
           .workspace_bytes = forward->workspace_bytes(),
           .flops = shape.flops(),
           .run = [forward, x, packed, bias, y](const Binding& v, View ws, Stream& s) {
             forward->run(v[x], v[packed], v[bias], v[y], ws, s);
           }});

    // ---- backward: dz, then d kernel (and d bias), then d input ----
    p.require_gradient(y, p.requires_gradient(x) || e.trains(0) || (spec_.use_bias && e.trains(1)));
    const auto bias_index = spec_.use_bias ? std::optional(e.weights[1]) : std::nullopt;
    p.on_backward([&p, x, weights, y, shape, rows, inside, bias_index, name = e.name, kernel = e.weights[0]] {
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
               .reads = {dz, repacked},
               .writes = {dx},
               .workspace_bytes = op->workspace_bytes(),
               .flops = shape.flops(),
               .run = [op, dz, repacked, dx](const Binding& v, View ws, Stream& s) { op->run(v[dz], v[repacked], v[dx], ws, s); }});
      });
    });
    return fused ? y : emit_activation(p, e.name, spec_.activation, y, rows, shape.out_channels);
  }

 private:
  std::pair<WindowAxis, WindowAxis> axes(const Shape& in) const {
    const Size2 k = spec_.kernel_size;
    return {window_axis(in[0], k.height, spec_.strides.height, spec_.dilation_rate.height, spec_.padding),
            window_axis(in[1], k.width, spec_.strides.width, spec_.dilation_rate.width, spec_.padding)};
  }

  Conv2dShape shape_of(const Emission& e) const {
    const Shape& in = e.shapes[0];
    const Size2 k = spec_.kernel_size;
    const auto [h, w] = axes(in);
    return {.batch = e.batch(),
            .height = in[0],
            .width = in[1],
            .in_channels = in[2],
            .out_channels = spec_.filters,
            .kernel_h = k.height,
            .kernel_w = k.width,
            .stride_h = spec_.strides.height,
            .stride_w = spec_.strides.width,
            .dilation_h = spec_.dilation_rate.height,
            .dilation_w = spec_.dilation_rate.width,
            .groups = spec_.groups,
            .pad_top = h.before,
            .pad_bottom = h.after,
            .pad_left = w.before,
            .pad_right = w.after};
  }

  template <class Op>
  static Value packed_weights(Planner& p, const std::string& layer, Value weights, std::shared_ptr<Op> op) {
    if (op->packed_bytes() == 0) return weights;
    const std::size_t bytes = op->packed_bytes();
    return p.pack(layer, weights, bytes, [op](ConstView from, View to, Stream& s) { op->pack(from, to, s); });
  }

  static void emit_kernel_gradient(Planner& p, const std::string& name, const Conv2dShape& shape, Value x, Value dz, Value dw) {
    const Conv2dBackwardWeightsSpec spec{.shape = shape, .dtype = p.compute_type(), .bias = false, .tf32 = p.tf32()};
    auto op = p.prepare(spec);
    const Value packed =
        op->packed_bytes() == 0 ? dw : p.tensor("d " + name + " packed", static_cast<std::int64_t>(op->packed_bytes()), DType::u8);
    p.add({.name = "conv2d d kernel",
           .layer = name,
           .problem = problem_line(spec),
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

  Conv2D spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Conv2D& spec) { return std::make_unique<Conv2DLayer>(spec); }

}  // namespace lehr
