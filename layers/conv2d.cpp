#include "layers/conv2d.h"

#include "layers/conv2d_emission.h"

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
    return emit_conv2d(e.plan, e.name, e.x[0],
                       {.shape = shape_of(e),
                        .kernel = e.weights[0],
                        .bias = spec_.use_bias ? std::optional(e.weights[1]) : std::nullopt,
                        .activation = spec_.activation});
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

  Conv2D spec_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const Conv2D& spec) { return std::make_unique<Conv2DLayer>(spec); }

}  // namespace lehr
