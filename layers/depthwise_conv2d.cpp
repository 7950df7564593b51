#include "layers/depthwise_conv2d.h"

#include "layers/conv2d_emission.h"

namespace lehr {

namespace {

/// What both have in common: the convolution of each channel by itself.
struct Depthwise {
  Size2 kernel, strides, dilation;
  Padding padding;
  int multiplier;

  void check() const {
    const auto positive = [](const char* name, std::int64_t value) {
      if (value <= 0)
        throw Error({.category = Category::usage,
                     .what = std::string(name) + " must be positive",
                     .expected = "1 or more",
                     .got = std::to_string(value)});
    };
    positive("kernel_size", std::min(kernel.height, kernel.width));
    positive("strides", std::min(strides.height, strides.width));
    positive("dilation_rate", std::min(dilation.height, dilation.width));
    positive("depth_multiplier", multiplier);
    if (std::max(strides.height, strides.width) > 1 && std::max(dilation.height, dilation.width) > 1)
      throw Error({.category = Category::usage,
                   .what = "strides > 1 together with dilation_rate > 1 are not supported",
                   .expected = "one of them 1",
                   .got = std::to_string(dilation.height)});
  }

  Shape output_shape(const Shape& in) const {
    check_image(in);
    const auto [h, w] = axes(in);
    check_window(in, kernel, h, w);
    return {h.outputs, w.outputs, in[2] * multiplier};
  }

  Conv2dShape shape(const Shape& in, std::int64_t batch) const {
    const auto [h, w] = axes(in);
    return {.batch = batch,
            .height = in[0],
            .width = in[1],
            .in_channels = in[2],
            .out_channels = in[2] * multiplier,
            .kernel_h = kernel.height,
            .kernel_w = kernel.width,
            .stride_h = strides.height,
            .stride_w = strides.width,
            .dilation_h = dilation.height,
            .dilation_w = dilation.width,
            .groups = in[2],
            .pad_top = h.before,
            .pad_bottom = h.after,
            .pad_left = w.before,
            .pad_right = w.after};
  }

 private:
  std::pair<WindowAxis, WindowAxis> axes(const Shape& in) const {
    return {window_axis(in[0], kernel.height, strides.height, dilation.height, padding),
            window_axis(in[1], kernel.width, strides.width, dilation.width, padding)};
  }
};

class DepthwiseConv2DLayer final : public Layer {
 public:
  explicit DepthwiseConv2DLayer(DepthwiseConv2D s)
      : spec_(std::move(s)),
        depthwise_{.kernel = spec_.kernel_size.value(),
                   .strides = spec_.strides,
                   .dilation = spec_.dilation_rate,
                   .padding = spec_.padding,
                   .multiplier = spec_.depth_multiplier} {
    depthwise_.check();
  }
  Shape output_shape(std::span<const Shape> in) const override { return depthwise_.output_shape(in[0]); }
  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    std::vector<LayerWeight> out{{.name = "kernel",
                                  .shape = {depthwise_.kernel.height, depthwise_.kernel.width, in[0].back(), depthwise_.multiplier},
                                  .initializer = spec_.depthwise_initializer,
                                  .regularizer = spec_.depthwise_regularizer,
                                  .constraint = spec_.depthwise_constraint}};
    if (spec_.use_bias)
      out.push_back({.name = "bias",
                     .shape = {in[0].back() * depthwise_.multiplier},
                     .initializer = spec_.bias_initializer,
                     .regularizer = spec_.bias_regularizer,
                     .constraint = spec_.bias_constraint});
    return out;
  }
  std::optional<Activation> final_activation() const override { return spec_.activation; }
  Regularizer activity_regularizer() const override { return spec_.activity_regularizer; }
  // kernel[r,s,c,j] is at the place of a grouped kernel's [r,s,0,c*m + j].
  Value emit(Emission& e) const override {
    return emit_conv2d(e.plan, e.name, e.x[0],
                       {.shape = depthwise_.shape(e.shapes[0], e.batch()),
                        .kernel = e.weights[0],
                        .bias = spec_.use_bias ? std::optional(e.weights[1]) : std::nullopt,
                        .activation = spec_.activation});
  }

 private:
  DepthwiseConv2D spec_;
  Depthwise depthwise_;
};

class SeparableConv2DLayer final : public Layer {
 public:
  explicit SeparableConv2DLayer(SeparableConv2D s)
      : spec_(std::move(s)),
        depthwise_{.kernel = spec_.kernel_size.value(),
                   .strides = spec_.strides,
                   .dilation = spec_.dilation_rate,
                   .padding = spec_.padding,
                   .multiplier = spec_.depth_multiplier} {
    depthwise_.check();
    if (spec_.filters <= 0)
      throw Error(
          {.category = Category::usage, .what = "filters must be positive", .expected = "1 or more", .got = std::to_string(spec_.filters)});
  }
  Shape output_shape(std::span<const Shape> in) const override {
    const Shape between = depthwise_.output_shape(in[0]);
    return {between[0], between[1], spec_.filters};
  }
  std::vector<LayerWeight> weights(std::span<const Shape> in) const override {
    std::vector<LayerWeight> out{{.name = "depthwise_kernel",
                                  .shape = {depthwise_.kernel.height, depthwise_.kernel.width, in[0].back(), depthwise_.multiplier},
                                  .initializer = spec_.depthwise_initializer,
                                  .regularizer = spec_.depthwise_regularizer,
                                  .constraint = spec_.depthwise_constraint},
                                 {.name = "pointwise_kernel",
                                  .shape = {1, 1, in[0].back() * depthwise_.multiplier, spec_.filters},
                                  .initializer = spec_.pointwise_initializer,
                                  .regularizer = spec_.pointwise_regularizer,
                                  .constraint = spec_.pointwise_constraint}};
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
    const Conv2dShape apart = depthwise_.shape(e.shapes[0], e.batch());
    const Value between = emit_conv2d(e.plan, e.name, e.x[0], {.shape = apart, .kernel = e.weights[0]});
    return emit_conv2d(e.plan, e.name, between,
                       {.shape = {.batch = e.batch(),
                                  .height = apart.out_height(),
                                  .width = apart.out_width(),
                                  .in_channels = apart.out_channels,
                                  .out_channels = spec_.filters},
                        .kernel = e.weights[1],
                        .bias = spec_.use_bias ? std::optional(e.weights[2]) : std::nullopt,
                        .activation = spec_.activation});
  }

 private:
  SeparableConv2D spec_;
  Depthwise depthwise_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const DepthwiseConv2D& spec) { return std::make_unique<DepthwiseConv2DLayer>(spec); }
std::unique_ptr<Layer> make_layer(const SeparableConv2D& spec) { return std::make_unique<SeparableConv2DLayer>(spec); }

}  // namespace lehr
