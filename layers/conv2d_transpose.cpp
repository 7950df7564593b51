#include "layers/conv2d_transpose.h"

#include "layers/activations.h"
#include "layers/broadcasting.h"
#include "layers/conv2d_emission.h"

namespace lehr {

namespace {

class Conv2DTransposeLayer final : public Layer {
 public:
  explicit Conv2DTransposeLayer(Conv2DTranspose spec) : spec_(std::move(spec)), kernel_(spec_.kernel_size.value()) {
    const auto positive = [](const char* name, std::int64_t value) {
      if (value <= 0)
        throw Error({.category = Category::usage,
                     .what = std::string(name) + " must be positive",
                     .expected = "1 or more",
                     .got = std::to_string(value)});
    };
    positive("filters", spec_.filters);
    positive("kernel_size", std::min(kernel_.height, kernel_.width));
    positive("strides", std::min(spec_.strides.height, spec_.strides.width));
    positive("dilation_rate", std::min(spec_.dilation_rate.height, spec_.dilation_rate.width));
    if (std::max(spec_.strides.height, spec_.strides.width) > 1 && std::max(spec_.dilation_rate.height, spec_.dilation_rate.width) > 1)
      throw Error({.category = Category::usage,
                   .what = "strides > 1 together with dilation_rate > 1 are not supported",
                   .expected = "one of them 1",
                   .got = std::to_string(spec_.dilation_rate.height)});
    if (!spec_.output_padding) return;
    check_output_padding(spec_.output_padding->height, spec_.strides.height, kernel_.height, spec_.dilation_rate.height);
    check_output_padding(spec_.output_padding->width, spec_.strides.width, kernel_.width, spec_.dilation_rate.width);
  }

  Shape output_shape(std::span<const Shape> in) const override {
    check_image(in[0]);
    const auto size = [&](std::int64_t n, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t Size2::* axis) {
      const std::int64_t extent = (kernel - 1) * dilation + 1;
      if (spec_.output_padding)
        return (n - 1) * stride + (spec_.padding == Padding::valid ? extent : extent % 2) + (*spec_.output_padding).*axis;
      return n * stride + (spec_.padding == Padding::valid ? std::max<std::int64_t>(extent - stride, 0) : 0);
    };
    return {size(in[0][0], kernel_.height, spec_.strides.height, spec_.dilation_rate.height, &Size2::height),
            size(in[0][1], kernel_.width, spec_.strides.width, spec_.dilation_rate.width, &Size2::width), spec_.filters};
  }

  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    std::vector<LayerWeight> out{{.name = "kernel",
                                  .shape = {kernel_.height, kernel_.width, spec_.filters, in[0].back()},
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
    const Conv2dShape shape = convolution(e);
    const Value x = e.x[0], weights = p.weight(e.weights[0]), z = e.make_output();
    const Conv2dBackwardDataSpec spec{.shape = shape, .dtype = p.compute_type(), .tf32 = p.tf32()};
    auto forward = p.prepare(spec);
    const Value packed = packed_weights(p, e.name, weights, forward);
    p.add({.name = "conv2d transpose",
           .layer = e.name,
           .problem = problem_line(spec),
           .by = forward->implementation(),
           .reads = {x, packed},
           .writes = {z},
           .workspace_bytes = forward->workspace_bytes(),
           .flops = shape.flops(),
           .run = [forward, x, packed, z](const Binding& v, View ws, Stream& s) { forward->run(v[x], v[packed], v[z], ws, s); }});
    p.require_gradient(z, p.requires_gradient(x) || e.trains(0));
    p.on_backward([&p, shape, x, weights, z, name = e.name, kernel = e.weights[0]] {
      if (!p.has_gradient(z)) return;
      const Value dz = p.gradient(z);
      p.contribute_weight(kernel, [&](Value dw) { emit_kernel_gradient(p, name, shape, dz, x, dw); });
      p.contribute(x, [&](Value dx) {
        const Conv2dForwardSpec spec{.shape = shape, .dtype = p.compute_type(), .bias = false, .tf32 = p.tf32()};
        auto op = p.prepare(spec);
        const Value repacked = packed_weights(p, name, weights, op);
        p.add({.name = "conv2d transpose d input",
               .layer = name,
               .problem = problem_line(spec),
               .by = op->implementation(),
               .reads = {dz, repacked},
               .writes = {dx},
               .workspace_bytes = op->workspace_bytes(),
               .flops = shape.flops(),
               .run = [op, dz, repacked, dx](const Binding& v, View ws, Stream& s) { op->run(v[dz], v[repacked], {}, v[dx], ws, s); }});
      });
    });
    const Value y =
        spec_.use_bias ? emit_broadcast(e, BinaryFunction::add, z, e.output, p.weight(e.weights[1]), {spec_.filters}, e.weights[1]) : z;
    return emit_activation(p, e.name, spec_.activation, y, e.batch() * e.output[0] * e.output[1], spec_.filters);
  }

 private:
  /// The convolution back must give as many as there were.
  void check_output_padding(std::int64_t more, std::int64_t stride, std::int64_t kernel, std::int64_t dilation) const {
    const std::int64_t least = spec_.padding == Padding::same && ((kernel - 1) * dilation + 1) % 2 == 0 ? 1 : 0;
    if (more >= least && more < stride) return;
    throw Error({.category = Category::usage,
                 .what = "output_padding is out of range",
                 .expected = std::to_string(least) + " or more, below strides (" + std::to_string(stride) + ")",
                 .got = std::to_string(more)});
  }

  /// Of which this layer is the gradient: from our output to our input.
  Conv2dShape convolution(const Emission& e) const {
    const auto h = window_axis(e.output[0], kernel_.height, spec_.strides.height, spec_.dilation_rate.height, spec_.padding),
               w = window_axis(e.output[1], kernel_.width, spec_.strides.width, spec_.dilation_rate.width, spec_.padding);
    return {.batch = e.batch(),
            .height = e.output[0],
            .width = e.output[1],
            .in_channels = spec_.filters,
            .out_channels = e.shapes[0][2],
            .kernel_h = kernel_.height,
            .kernel_w = kernel_.width,
            .stride_h = spec_.strides.height,
            .stride_w = spec_.strides.width,
            .dilation_h = spec_.dilation_rate.height,
            .dilation_w = spec_.dilation_rate.width,
            .pad_top = h.before,
            .pad_bottom = h.after,
            .pad_left = w.before,
            .pad_right = w.after};
  }

  Conv2DTranspose spec_;
  Size2 kernel_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Conv2DTranspose& spec) { return std::make_unique<Conv2DTransposeLayer>(spec); }

}  // namespace lehr
