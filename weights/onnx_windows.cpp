// Layers with windows, and those that change an image's size.
#include <algorithm>

#include "layers/window.h"
#include "weights/name_map.h"
#include "weights/onnx_layers.h"

namespace lehr {

namespace {

OnnxExtents pair_of(const JsonValue& v) {
  if (v.is_array()) return {v.at(std::size_t{0}).integer(), v.at(std::size_t{1}).integer()};
  return {v.integer(), v.integer()};
}

}  // namespace

OnnxLayers::Windows OnnxLayers::windows(const OnnxSource& s, const OnnxExtents& kernel, const OnnxExtents& strides,
                                        const OnnxExtents& dilations) {
  const Padding padding = s.text("padding") == "same" ? Padding::same : Padding::valid;
  const Shape& shape = s.shapes[0];
  const WindowAxis h = window_axis(shape[0], kernel[0], strides[0], dilations[0], padding),
                   w = window_axis(shape[1], kernel[1], strides[1], dilations[1], padding);
  return {.kernel = kernel, .strides = strides, .dilations = dilations, .pads = {h.before, w.before, h.after, w.after}};
}

OnnxLayers::Windows OnnxLayers::convolution_windows(const OnnxSource& s) {
  return windows(s, pair_of(s.at("kernel_size")), pair_of(s.at("strides")), pair_of(s.at("dilation_rate")));
}

OnnxView OnnxLayers::convolution(OnnxSource& s, const std::string& x, const Array& kernel, std::int64_t groups, const Windows& w,
                                 const Array* bias) {
  std::vector<std::string> inputs{x, constant(s, "kernel", kernel)};
  if (bias != nullptr) inputs.push_back(constant(s, "bias", *bias));
  return {.first = b_.node(
              s.name, "Conv", std::move(inputs),
              {{"kernel_shape", w.kernel}, {"strides", w.strides}, {"dilations", w.dilations}, {"pads", w.pads}, {"group", groups}})};
}

/// (h, w, channels, multiplier) -> (channels*multiplier, 1, h, w)
Array OnnxLayers::depthwise_kernel(const Array& k) {
  const auto& e = k.shape();
  return transposed(k, {2, 3, 0, 1}).reshaped(Shape{e[2] * e[3], 1, e[0], e[1]});
}

OnnxView OnnxLayers::conv2d(OnnxSource& s) {
  const Array kernel = transposed(*s.weight("kernel"), {3, 2, 0, 1});
  return activated(s, convolution(s, b_.first(in(s)), kernel, s.at("groups").integer(), convolution_windows(s), s.weight("bias")),
                   s.text("activation"));
}

OnnxView OnnxLayers::depthwise(OnnxSource& s) {
  const Array* kernel = s.weight("kernel") != nullptr ? s.weight("kernel") : s.weight("depthwise_kernel");
  return activated(s, convolution(s, b_.first(in(s)), depthwise_kernel(*kernel), s.shapes[0][2], convolution_windows(s), s.weight("bias")),
                   s.text("activation"));
}

OnnxView OnnxLayers::separable(OnnxSource& s) {
  const OnnxView middle =
      convolution(s, b_.first(in(s)), depthwise_kernel(*s.weight("depthwise_kernel")), s.shapes[0][2], convolution_windows(s), nullptr);
  const Windows point{.kernel = {1, 1}, .strides = {1, 1}, .dilations = {1, 1}, .pads = {0, 0, 0, 0}};
  return activated(s, convolution(s, middle.first, transposed(*s.weight("pointwise_kernel"), {3, 2, 0, 1}), 1, point, s.weight("bias")),
                   s.text("activation"));
}

/// The gradient of the convolution that makes the input out of the output: its padding is cut off.
OnnxView OnnxLayers::transpose(OnnxSource& s) {
  const OnnxExtents kernel = pair_of(s.at("kernel_size")), strides = pair_of(s.at("strides")), dilations = pair_of(s.at("dilation_rate"));
  OnnxExtents pads(4, 0), more(2, 0);
  for (std::size_t a = 0; a < 2; ++a) {
    const std::int64_t full = (s.shapes[0][a] - 1) * strides[a] + (kernel[a] - 1) * dilations[a] + 1, cut = full - s.output[a];
    if (cut < 0) {
      more[a] = -cut;
      continue;
    }
    pads[a] = s.text("padding") == "same" ? cut / 2 : 0;
    pads[a + 2] = cut - pads[a];
  }
  std::vector<std::string> inputs{b_.first(in(s)), constant(s, "kernel", transposed(*s.weight("kernel"), {3, 2, 0, 1}))};
  if (const Array* bias = s.weight("bias")) inputs.push_back(constant(s, "bias", *bias));
  return activated(
      s,
      {.first =
           b_.node(s.name, "ConvTranspose", std::move(inputs),
                   {{"kernel_shape", kernel}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"output_padding", more}})},
      s.text("activation"));
}

OnnxView OnnxLayers::pooling(OnnxSource& s, const char* op) {
  const OnnxExtents size = pair_of(s.at("pool_size"));
  const JsonValue& strides = s.at("strides");
  const Windows w = windows(s, size, strides.is_null() ? size : pair_of(strides), {1, 1});
  OnnxBuilder::Attributes attributes{{"kernel_shape", w.kernel}, {"strides", w.strides}, {"pads", w.pads}};
  return {.first = b_.node(s.name, op, {b_.first(in(s))}, std::move(attributes))};
}

OnnxView OnnxLayers::global_pooling(OnnxSource& s, const char* op) {
  const std::string y = b_.node(s.name, op, {b_.first(in(s))});
  if (s.output.rank() == 3) return {.first = y};
  return {.last = b_.node(s.name, "Flatten", {y}, {{"axis", std::int64_t{1}}})};
}

OnnxView OnnxLayers::cut(OnnxSource& s, const OnnxExtents& from, const OnnxExtents& to) {
  return {.first =
              b_.node(s.name, "Slice", {b_.first(in(s)), b_.integers(s.name, from), b_.integers(s.name, to), b_.integers(s.name, {2, 3})})};
}

OnnxView OnnxLayers::cropping(OnnxSource& s) {
  const JsonValue& c = s.at("cropping");
  const std::int64_t top = c.at(std::size_t{0}).at(std::size_t{0}).integer(), left = c.at(std::size_t{1}).at(std::size_t{0}).integer();
  return cut(s, {top, left}, {top + s.output[0], left + s.output[1]});
}

OnnxView OnnxLayers::padding(OnnxSource& s) {
  const JsonValue& p = s.at("padding");
  const auto end = [&](std::size_t axis, std::size_t which) { return p.at(axis).at(which).integer(); };
  return {.first =
              b_.node(s.name, "Pad", {b_.first(in(s)), b_.integers(s.name, {0, 0, end(0, 0), end(1, 0), 0, 0, end(0, 1), end(1, 1)})})};
}

/// Pixel centres at halves, as TensorFlow resizes.
OnnxView OnnxLayers::resized(OnnxSource& s, std::string x) {
  const bool nearest = s.text("interpolation") == "nearest";
  const std::string sizes = b_.integers(s.name, {s.output[0], s.output[1]});
  // The batch and the channels keep their extents: those stand in the input's shape.
  const std::string shape = b_.node(s.name, "Shape", {x}, {{"start", std::int64_t{0}}, {"end", std::int64_t{2}}});
  const std::string all = b_.node(s.name, "Concat", {shape, sizes}, {{"axis", std::int64_t{0}}});
  OnnxBuilder::Attributes attributes{{"mode", std::string(nearest ? "nearest" : "linear")},
                                     {"coordinate_transformation_mode", std::string("half_pixel")}};
  if (nearest) attributes.emplace_back("nearest_mode", std::string("round_prefer_ceil"));
  return {.first = b_.node(s.name, "Resize", {std::move(x), "", "", all}, std::move(attributes))};
}

/// The largest centred window of the output's proportions, then resized: keras.ops.image.resize's crop_to_aspect_ratio.
OnnxView OnnxLayers::resized_window(OnnxSource& s) {
  const std::int64_t h = s.shapes[0][0], w = s.shapes[0][1];
  const std::int64_t rows = std::clamp<std::int64_t>(w * s.output[0] / s.output[1], 1, h),
                     columns = std::clamp<std::int64_t>(h * s.output[1] / s.output[0], 1, w);
  const std::int64_t top = (h - rows) / 2, left = (w - columns) / 2;
  return resized(s, cut(s, {top, left}, {top + rows, left + columns}).first);
}

OnnxView OnnxLayers::resizing(OnnxSource& s) {
  const JsonValue* crop = s.config.find("crop_to_aspect_ratio");
  const bool window = crop != nullptr && !crop->is_null() && crop->boolean();
  return window ? resized_window(s) : resized(s, b_.first(in(s)));
}

OnnxView OnnxLayers::center_crop(OnnxSource& s) {
  const std::int64_t rows = s.shapes[0][0] - s.output[0], columns = s.shapes[0][1] - s.output[1];
  if (rows < 0 || columns < 0) return resized_window(s);
  return cut(s, {rows / 2, columns / 2}, {rows / 2 + s.output[0], columns / 2 + s.output[1]});
}

}  // namespace lehr
