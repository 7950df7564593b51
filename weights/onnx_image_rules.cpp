// Operators with windows, and those that change an image's size.
#include <algorithm>
#include <array>
#include <cmath>

#include "layers/activations.h"
#include "layers/bordering.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/depthwise_conv2d.h"
#include "layers/pooling.h"
#include "layers/resizing.h"
#include "weights/name_map.h"
#include "weights/onnx_import.h"

namespace lehr {

namespace {

using Extents = OnnxImport::Extents;
using Pair = std::array<std::int64_t, 2>;

/// A stride, a kernel, a pad: what a window can have.
constexpr std::int64_t largest = 1 << 16;

Pair pair_of(OnnxImport& import, const OnnxNode& n, const char* name, std::int64_t otherwise) {
  const auto given = import.list(n, name);
  if (!given) return {otherwise, otherwise};
  if (given->size() != 2 || std::min(given->at(0), given->at(1)) < 1 || std::max(given->at(0), given->at(1)) > largest)
    import.refuse(n, std::string(name) + " is not that of an image's window", "two numbers, 1 or more");
  return {given->at(0), given->at(1)};
}

Size2 size_of(const Pair& p) { return {p[0], p[1]}; }

struct Window {
  Pair kernel, strides, dilations;
  Border pads;
  bool same = false;        ///< the pads are TensorFlow's
  bool rounded_up = false;  ///< by ceil_mode: there is more behind than the node's pads
  bool padded() const { return !(pads == Border(0)); }
};

Border same_pads(const Window& w, const Shape& in) {
  const auto axis = [&](std::size_t a) { return window_axis(in[a], w.kernel[a], w.strides[a], w.dilations[a], Padding::same); };
  return {axis(0).before, axis(0).after, axis(1).before, axis(1).after};
}

Window window_of(OnnxImport& import, const OnnxNode& n, const Shape& in, const Pair& kernel) {
  Window w{.kernel = kernel, .strides = pair_of(import, n, "strides", 1), .dilations = pair_of(import, n, "dilations", 1), .pads = 0};
  const std::string automatic = import.text(n, "auto_pad", "NOTSET");
  const Border same = same_pads(w, in);
  if (automatic == "SAME_UPPER") {
    w.pads = same;
  } else if (automatic == "NOTSET") {
    if (const auto pads = import.list(n, "pads")) {  // height and width before, then after
      if (pads->size() != 4 || *std::min_element(pads->begin(), pads->end()) < 0 || *std::max_element(pads->begin(), pads->end()) > largest)
        import.refuse(n, "pads are not those of an image", "four numbers, 0 or more");
      w.pads = {pads->at(0), pads->at(2), pads->at(1), pads->at(3)};
    }
  } else if (automatic != "VALID") {
    import.refuse(n, "pads in a way that is not known here", "NOTSET, VALID or SAME_UPPER", automatic);
  }
  w.same = w.padded() && w.pads == same;
  return w;
}

std::size_t padded(OnnxImport& import, const OnnxNode& n, std::size_t x, const Border& pads) {
  if (pads == Border(0)) return x;
  return import.add(n, ZeroPadding2D{.padding = pads}, {x});
}

std::optional<Array> bias_of(OnnxImport& import, const OnnxNode& n, std::size_t i, std::int64_t channels) {
  if (!import.has(n, i)) return {};
  const Array& bias = import.numbers(n, i);
  if (static_cast<std::int64_t>(bias.count()) != channels)
    import.refuse(n, "its bias does not fit its channels", std::to_string(channels), bias.shape().text());
  return bias.reshaped(Shape{channels});
}

/// (out, in, height, width), the sizes within reason.
Array kernel_of(OnnxImport& import, const OnnxNode& n, Pair& size) {
  const Array& kernel = import.numbers(n, 1);
  const Shape& s = kernel.shape();
  if (s.rank() != 4 || std::max(s[2], s[3]) > largest || std::max(s[0], s[1]) > (1 << 24))
    import.refuse(n, "convolves something else than images", "a kernel of four axes", s.text());
  size = pair_of(import, n, "kernel_shape", 0);
  if (size == Pair{0, 0}) size = {s[2], s[3]};
  if (size != Pair{s[2], s[3]}) import.refuse(n, "kernel_shape is not that of the kernel", s.text());
  return kernel;
}

std::vector<WeightTensor> weights_of(const OnnxNode& n, const char* name, Array kernel, std::optional<Array> bias) {
  std::vector<WeightTensor> out{{.name = name, .place = n.inputs.at(1), .values = std::move(kernel)}};
  if (bias) out.push_back({.name = "bias", .values = std::move(*bias)});
  return out;
}

void conv(OnnxImport& import, const OnnxNode& n) {
  const std::size_t image = import.image(n, 0);
  const std::int64_t channels = import.shape(image).back(), groups = import.integer(n, "group", 1);
  Pair size{};
  const Array kernel = kernel_of(import, n, size);
  const Shape& k = kernel.shape();
  if (groups < 1 || channels % groups != 0 || k[1] != channels / groups || k[0] % groups != 0)
    import.refuse(n, "its kernel does not fit the channels and groups", std::to_string(channels) + " channels", k.text());
  const Window w = window_of(import, n, import.shape(image), size);
  const std::size_t x = w.same ? image : padded(import, n, image, w.pads);
  const Padding padding = w.same ? Padding::same : Padding::valid;
  std::optional<Array> bias = bias_of(import, n, 2, k[0]);
  const bool biased = bias.has_value();
  if (groups == channels && groups > 1) {  // (channels*multiplier, 1, h, w) -> (h, w, channels, multiplier)
    const std::int64_t multiplier = k[0] / channels;
    const Array own = transposed(kernel.reshaped(Shape{channels, multiplier, k[2], k[3]}), {2, 3, 0, 1});
    const DepthwiseConv2D layer{.kernel_size = size_of(size),
                                .strides = size_of(w.strides),
                                .padding = padding,
                                .depth_multiplier = static_cast<int>(multiplier),
                                .dilation_rate = size_of(w.dilations),
                                .use_bias = biased};
    return import.set(n, {.node = import.add(n, layer, {x}, weights_of(n, "kernel", own, std::move(bias))), .first = true});
  }
  const Conv2D layer{.filters = static_cast<int>(k[0]),
                     .kernel_size = size_of(size),
                     .strides = size_of(w.strides),
                     .padding = padding,
                     .dilation_rate = size_of(w.dilations),
                     .groups = static_cast<int>(groups),
                     .use_bias = biased};
  import.set(
      n, {.node = import.add(n, layer, {x}, weights_of(n, "kernel", transposed(kernel, {2, 3, 1, 0}), std::move(bias))), .first = true});
}

/// Transposed: Keras's `same` where it is that, else all of it, with output_padding where that is not enough, cut to what ONNX's pads leave.
void conv_transpose(OnnxImport& import, const OnnxNode& n) {
  const std::size_t image = import.image(n, 0);
  const Shape in = import.shape(image);
  Pair size{};
  const Array kernel = kernel_of(import, n, size);  // (in, out, height, width)
  if (import.integer(n, "group", 1) != 1 || kernel.shape()[0] != in[2])
    import.refuse(n, "its kernel does not fit the channels, or it has groups", std::to_string(in[2]) + " channels, group=1",
                  kernel.shape().text());
  if (import.list(n, "output_shape")) import.refuse(n, "gives its size by output_shape", "pads and output_padding");
  const Window w = window_of(import, n, in, size);
  if (import.text(n, "auto_pad", "NOTSET") != "NOTSET") import.refuse(n, "pads by auto_pad", "pads");
  const Extents more = import.list(n, "output_padding").value_or(Extents{0, 0});
  if (more.size() != 2 || std::min(more[0], more[1]) < 0 || std::max(more[0], more[1]) > largest)
    import.refuse(n, "output_padding is not that of an image");
  const Pair before{w.pads.top, w.pads.left}, after{w.pads.bottom, w.pads.right};
  Pair behind{};  // rows and columns to cut from all of it
  bool same = true, beyond = false;
  for (std::size_t a = 0; a < 2; ++a) {
    const std::int64_t extent = (size[a] - 1) * w.dilations[a] + 1, full = (in[a] - 1) * w.strides[a] + extent,
                       ours = in[a] * w.strides[a] + std::max<std::int64_t>(extent - w.strides[a], 0),
                       out = full + more[a] - before[a] - after[a];
    behind[a] = ours - before[a] - out;
    beyond = beyond || behind[a] < 0;
    if (out < 1) import.refuse(n, "leaves nothing of what it computes", "smaller pads", std::to_string(out));
    same = same && out == in[a] * w.strides[a] && before[a] == std::max<std::int64_t>(full - out, 0) / 2;
  }
  if (beyond) {
    if (more[0] >= w.strides[0] || more[1] >= w.strides[1])
      import.refuse(n, "output_padding is not below the strides", Shape{w.strides[0], w.strides[1]}.text(), Shape{more[0], more[1]}.text());
    behind = after;
    same = false;
  }
  std::optional<Array> bias = bias_of(import, n, 2, kernel.shape()[1]);
  const Conv2DTranspose layer{.filters = static_cast<int>(kernel.shape()[1]),
                              .kernel_size = size_of(size),
                              .strides = size_of(w.strides),
                              .padding = same ? Padding::same : Padding::valid,
                              .dilation_rate = size_of(w.dilations),
                              .output_padding = beyond ? std::optional(size_of(Pair{more[0], more[1]})) : std::nullopt,
                              .use_bias = bias.has_value()};
  std::size_t y = import.add(n, layer, {image}, weights_of(n, "kernel", transposed(kernel, {2, 3, 1, 0}), std::move(bias)));
  const Border cut(before[0], behind[0], before[1], behind[1]);
  if (!same && !(cut == Border(0))) y = import.add(n, Cropping2D{.cropping = cut}, {y});
  import.set(n, {.node = y, .first = true});
}

// ---- pooling ------------------------------------------------------------------------------------------------------------------------------

/// True where no value can be below zero, so that a border of zeros changes no maximum.
bool not_negative(OnnxImport& import, std::size_t node) {
  const auto& layer = import.entry(node).layer;
  if (!layer) return false;
  if (const auto* a = layer->as<ActivationLayer>()) {
    const Activation f = a->activation;
    return f == Activation::relu || f == Activation::relu6 || f == Activation::sigmoid || f == Activation::softmax ||
           f == Activation::softplus || f == Activation::hard_sigmoid || f == Activation::exponential;
  }
  const auto* relu = layer->as<ReLU>();
  return relu != nullptr && relu->negative_slope == 0 && relu->threshold >= 0;
}

template <class Pooling>
std::size_t pool(OnnxImport& import, const OnnxNode& n, std::size_t x, const Pair& size, const Pair& strides, Padding padding) {
  return import.add(n, Pooling{.pool_size = size_of(size), .strides = size_of(strides), .padding = padding}, {x});
}

/// Pads that are not TensorFlow's: windows at every pixel, and of those the ones that are wanted.
template <class Pooling>
std::size_t pool_everywhere(OnnxImport& import, const OnnxNode& n, std::size_t x, const Window& w) {
  Pair first{}, behind{};
  for (std::size_t a = 0; a < 2; ++a) {
    const std::int64_t before = a == 0 ? w.pads.top : w.pads.left, after = a == 0 ? w.pads.bottom : w.pads.right;
    const std::int64_t size = import.shape(x)[a], windows = (size + before + after - w.kernel[a]) / w.strides[a];
    first[a] = (w.kernel[a] - 1) / 2 - before;  // Padding::same has that many before
    behind[a] = size - 1 - (first[a] + windows * w.strides[a]);
    if (size + before + after < w.kernel[a] || std::min(first[a], behind[a]) < 0)
      import.refuse(n, "pads more than half of its window", "at most (kernel - 1)/2 before and kernel/2 after");
    if (behind[a] < w.strides[a]) behind[a] = 0;  // too few for another
  }
  std::size_t y = pool<Pooling>(import, n, x, w.kernel, {1, 1}, Padding::same);
  const Border cut(first[0], behind[0], first[1], behind[1]);
  if (!(cut == Border(0))) y = import.add(n, Cropping2D{.cropping = cut}, {y});
  return w.strides == Pair{1, 1} ? y : pool<MaxPooling2D>(import, n, y, {1, 1}, w.strides, Padding::valid);
}

/// ceil_mode: one window more where pixels are left, unless it would begin behind them.
void round_up(Window& w, const Shape& in) {
  std::int64_t* after[] = {&w.pads.bottom, &w.pads.right};
  for (std::size_t a = 0; a < 2; ++a) {
    const std::int64_t before = a == 0 ? w.pads.top : w.pads.left, room = in[a] + before + *after[a] - w.kernel[a];
    const std::int64_t left = room % w.strides[a], next = room - left + w.strides[a];
    if (room < 0 || left == 0 || next >= in[a] + before) continue;
    *after[a] += w.strides[a] - left;
    w.rounded_up = true;
  }
}

Window pooling_window(OnnxImport& import, const OnnxNode& n, std::size_t x) {
  const Pair kernel = pair_of(import, n, "kernel_shape", 1);
  Window w = window_of(import, n, import.shape(x), kernel);
  if (w.dilations != Pair{1, 1}) import.refuse(n, "pools with gaps", "dilations of 1");
  const bool automatic = import.text(n, "auto_pad", "NOTSET") == "SAME_UPPER";  // says how many windows there are
  if (import.integer(n, "ceil_mode", 0) != 0 && !automatic) {
    round_up(w, import.shape(x));
    w.same = w.padded() && w.pads == same_pads(w, import.shape(x));
  }
  return w;
}

void max_pool(OnnxImport& import, const OnnxNode& n) {
  const std::size_t x = import.image(n, 0);
  const Window w = pooling_window(import, n, x);
  std::size_t y = 0;
  if (w.same || !w.padded())
    y = pool<MaxPooling2D>(import, n, x, w.kernel, w.strides, w.same ? Padding::same : Padding::valid);
  else if (not_negative(import, x))
    y = pool<MaxPooling2D>(import, n, padded(import, n, x, w.pads), w.kernel, w.strides, Padding::valid);
  else
    y = pool_everywhere<MaxPooling2D>(import, n, x, w);
  import.set(n, {.node = y, .first = true});
}

void average_pool(OnnxImport& import, const OnnxNode& n) {
  const std::size_t x = import.image(n, 0);
  const Window w = pooling_window(import, n, x);
  bool counts_border = import.integer(n, "count_include_pad", 0) != 0;
  if (counts_border && w.rounded_up) {  // what is added to round up never counts
    const auto pads = import.list(n, "pads").value_or(Extents{0, 0, 0, 0});
    if (std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p != 0; }))
      import.refuse(n, "counts its border, and reaches beyond it", "ceil_mode=0, count_include_pad=0, or no pads");
    counts_border = false;
  }
  std::size_t y = 0;
  if (w.padded() && counts_border)
    y = pool<AveragePooling2D>(import, n, padded(import, n, x, w.pads), w.kernel, w.strides, Padding::valid);
  else if (w.same || !w.padded())
    y = pool<AveragePooling2D>(import, n, x, w.kernel, w.strides, w.same ? Padding::same : Padding::valid);
  else
    y = pool_everywhere<AveragePooling2D>(import, n, x, w);
  import.set(n, {.node = y, .first = true});
}

template <class Pooling>
void global_pool(OnnxImport& import, const OnnxNode& n) {
  import.set(n, {.node = import.add(n, Pooling{.keepdims = true}, {import.image(n, 0)}), .first = true});
}

// ---- borders and sizes --------------------------------------------------------------------------------------------------------------------

void pad(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor x = import.value(n, 0);
  if (import.text(n, "mode", "constant") != "constant")
    import.refuse(n, "its border is not zero", "mode=constant", import.text(n, "mode", ""));
  if (import.has(n, 2) &&
      (import.constant(n, 2) == nullptr || import.constant(n, 2)->count() != 1 || import.constant(n, 2)->as_f32().as<float>()[0] != 0))
    import.refuse(n, "its border is not zero", "0");
  const auto rank = static_cast<std::int64_t>(import.shape(x.node).rank()) + 1;
  const Extents pads = import.list(n, "pads", 1).value_or(Extents{});
  Extents axes;
  if (import.has(n, 3))
    axes = import.integers(n, 3);
  else
    for (std::int64_t a = 0; a < rank; ++a) axes.push_back(a);
  if (rank != 4 || pads.size() != 2 * axes.size()) import.refuse(n, "is no border of an image", "two pads an axis");
  Border border = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t before = pads[i], after = pads[i + axes.size()];
    if (before == 0 && after == 0) continue;
    const std::size_t axis = import.axis(n, x, axes[i]);
    if (axis > 2 || std::min(before, after) < 0 || std::max(before, after) > largest)
      import.refuse(n, "pads channels, or cuts", "a border of height and width");
    (axis == 1 ? border.top : border.left) = before;
    (axis == 1 ? border.bottom : border.right) = after;
  }
  import.set(n, {.node = padded(import, n, x.node, border), .first = x.first});
}

void slice(OnnxImport& import, const OnnxNode& n) {
  const OnnxTensor x = import.value(n, 0);
  const Shape in = import.shape(x.node);
  const Extents starts = import.list(n, "starts", 1).value_or(Extents{}), ends = import.list(n, "ends", 2).value_or(Extents{});
  Extents axes = import.list(n, "axes", 3).value_or(Extents{});
  for (std::size_t a = 0; axes.size() < starts.size() && !import.has(n, 3); ++a) axes.push_back(static_cast<std::int64_t>(a));
  if (in.rank() != 3 || starts.size() != ends.size() || axes.size() != starts.size()) import.refuse(n, "cuts something else than images");
  if (import.has(n, 4))
    for (const auto step : import.integers(n, 4))
      if (step != 1) import.refuse(n, "takes every few rows", "steps of 1", std::to_string(step));
  Border cut = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = import.axis(n, x, axes[i]);
    const std::int64_t extent = in[axis - 1];
    const auto place = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 && at > -largest * largest ? at + extent : at, 0, extent);
    };
    const std::int64_t begin = place(starts[i]), end = place(ends[i]);
    if (begin == 0 && end == extent) continue;
    if (axis > 2) import.refuse(n, "cuts channels", "height and width");
    (axis == 1 ? cut.top : cut.left) = begin;
    (axis == 1 ? cut.bottom : cut.right) = extent - end;
  }
  if (cut == Border(0)) return import.set(n, x);
  import.set(n, {.node = import.add(n, Cropping2D{.cropping = cut}, {x.node}), .first = x.first});
}

/// Height and width from the sizes, or from the factors.
Pair new_size(OnnxImport& import, const OnnxNode& n, const Shape& in) {
  Pair out{};
  if (import.has(n, 3)) {
    const Extents sizes = import.integers(n, 3);
    if (sizes.size() != 4) import.refuse(n, "resizes something else than images", "four sizes");
    out = {sizes[2], sizes[3]};
  } else {
    const Array& scales = import.numbers(n, import.has(n, 2) || n.inputs.size() > 2 ? 2 : 1);
    if (scales.count() != 4 || scales.as<float>()[0] != 1 || scales.as<float>()[1] != 1)
      import.refuse(n, "resizes batch or channels", "four factors that begin with 1, 1");
    for (std::size_t a = 0; a < 2; ++a) {
      const double size = std::floor(static_cast<double>(in[a]) * static_cast<double>(scales.as<float>()[a + 2]));
      if (!(size >= 1 && size <= largest)) import.refuse(n, "makes an image of an absurd size");
      out[a] = static_cast<std::int64_t>(size);
    }
  }
  if (std::min(out[0], out[1]) < 1 || std::max(out[0], out[1]) > largest) import.refuse(n, "makes an image of an absurd size");
  return out;
}

void resize(OnnxImport& import, const OnnxNode& n) {
  const std::size_t image = import.image(n, 0);
  const Shape in = import.shape(image);
  const Pair size = new_size(import, n, in);
  const std::string mode = import.text(n, "mode", "nearest"), where = import.text(n, "coordinate_transformation_mode", "half_pixel"),
                    rounding = import.text(n, "nearest_mode", "round_prefer_floor");
  const bool whole = size[0] % in[0] == 0 && size[1] % in[1] == 0,
             centres = where == "half_pixel" || (where == "pytorch_half_pixel" && std::min(size[0], size[1]) > 1);
  // Each pixel several times: what all of these come to where the factors are whole.
  const bool repeats = mode == "nearest" && whole && ((where == "asymmetric" && rounding == "floor") || centres);
  const bool nearest = mode == "nearest" && where == "half_pixel" && rounding == "round_prefer_ceil", linear = mode == "linear" && centres;
  if ((!repeats && !nearest && !linear) || import.integer(n, "antialias", 0) != 0)
    import.refuse(n, "interpolates in a way that is not known here", "nearest by whole factors, or linear between pixel centres",
                  mode + ", " + where + ", " + rounding);
  const Interpolation interpolation = linear ? Interpolation::bilinear : Interpolation::nearest;
  std::size_t y = 0;
  if (whole && (repeats || linear))
    y = import.add(n, UpSampling2D{.size = Size2(size[0] / in[0], size[1] / in[1]), .interpolation = interpolation}, {image});
  else
    y = import.add(n, Resizing{.height = static_cast<int>(size[0]), .width = static_cast<int>(size[1]), .interpolation = interpolation},
                   {image});
  import.set(n, {.node = y, .first = true});
}

}  // namespace

OnnxRules onnx_image_rules() {
  return {{"Conv", conv},
          {"ConvTranspose", conv_transpose},
          {"MaxPool", max_pool},
          {"AveragePool", average_pool},
          {"GlobalAveragePool", global_pool<GlobalAveragePooling2D>},
          {"GlobalMaxPool", global_pool<GlobalMaxPooling2D>},
          {"Pad", pad},
          {"Slice", slice},
          {"Resize", resize}};
}

}  // namespace lehr
