#include "engine/data/resize.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/error.h"

namespace lehr {

namespace {

/// PIL adds the step up in double, and so do we: a product would differ in the last bit where a boundary is met.
std::vector<int> nearest_positions(int in, int out) {
  std::vector<int> at(static_cast<std::size_t>(out));
  const double step = static_cast<double>(in) / out;
  double position = step * 0.5;
  for (int& value : at) {
    value = std::min(static_cast<int>(position), in - 1);
    position += step;
  }
  return at;
}

Image resize_nearest(const Image& image, ImageSize size) {
  const auto columns = nearest_positions(image.width, size.width), lines = nearest_positions(image.height, size.height);
  const auto channels = static_cast<std::size_t>(image.channels), width = static_cast<std::size_t>(image.width);
  Image out{.height = size.height, .width = size.width, .channels = image.channels};
  out.pixels.reserve(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) * channels);
  for (const int y : lines)
    for (const int x : columns) {
      const std::uint8_t* from = image.pixels.data() + (static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)) * channels;
      out.pixels.insert(out.pixels.end(), from, from + channels);
    }
  return out;
}

constexpr int precision_bits = 22;

/// For every output position the first input position and the weights, in fixed point.
struct Weights {
  struct Window {
    int first = 0, count = 0;
  };
  std::vector<Window> windows = {};
  std::vector<int> values = {};  ///< windows of `stride` weights
  int stride = 0;
};

Weights triangle_weights(int in, int out) {
  const double scale = static_cast<double>(in) / out;
  const double support = std::max(scale, 1.0), inverse = 1.0 / support;
  Weights weights{.windows = std::vector<Weights::Window>(static_cast<std::size_t>(out)),
                  .stride = static_cast<int>(std::ceil(support)) * 2 + 1};
  weights.values.resize(static_cast<std::size_t>(out) * static_cast<std::size_t>(weights.stride));
  std::vector<double> window(static_cast<std::size_t>(weights.stride));
  for (int i = 0; i < out; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(std::floor(center - support + 0.5)), 0);
    const int count = std::min(static_cast<int>(std::floor(center + support + 0.5)), in) - first;
    double sum = 0;
    for (int k = 0; k < count; ++k) {
      const double distance = std::abs((k + first - center + 0.5) * inverse);
      window[static_cast<std::size_t>(k)] = distance < 1.0 ? 1.0 - distance : 0.0;
      sum += window[static_cast<std::size_t>(k)];
    }
    weights.windows[static_cast<std::size_t>(i)] = {.first = first, .count = count};
    for (int k = 0; k < count; ++k) {
      const double weight = sum != 0 ? window[static_cast<std::size_t>(k)] / sum : window[static_cast<std::size_t>(k)];
      weights.values[static_cast<std::size_t>(i * weights.stride + k)] = static_cast<int>(std::floor(0.5 + weight * (1 << precision_bits)));
    }
  }
  return weights;
}

std::uint8_t clip(int sum) { return static_cast<std::uint8_t>(std::clamp(sum >> precision_bits, 0, 255)); }

/// One axis of `image` seen as [outer, in, inner].
std::vector<std::uint8_t> resample(const std::vector<std::uint8_t>& pixels, int outer, int in, int out, int inner) {
  const Weights weights = triangle_weights(in, out);
  std::vector<std::uint8_t> result(static_cast<std::size_t>(outer) * static_cast<std::size_t>(out) * static_cast<std::size_t>(inner));
  std::size_t to = 0;
  for (int o = 0; o < outer; ++o)
    for (int i = 0; i < out; ++i) {
      const auto window = weights.windows[static_cast<std::size_t>(i)];
      const int* weight = weights.values.data() + static_cast<std::ptrdiff_t>(i) * weights.stride;
      const std::uint8_t* from = pixels.data() + (static_cast<std::ptrdiff_t>(o) * in + window.first) * inner;
      for (int c = 0; c < inner; ++c) {
        int sum = 1 << (precision_bits - 1);
        for (int k = 0; k < window.count; ++k) sum += from[static_cast<std::ptrdiff_t>(k) * inner + c] * weight[k];
        result[to++] = clip(sum);
      }
    }
  return result;
}

/// Pixels are rounded between the two passes, so their order shows, by one level in some pixels. Pillow 13 begins with the columns where the
/// height loses more than twice what the width does; versions before it always begin with the rows.
bool rows_first(ImageSize in, ImageSize out) {
  const int height_lost = in.height - out.height, width_lost = in.width - out.width;
  return height_lost <= 0 || height_lost <= 2 * width_lost;
}

Image resize_bilinear(const Image& image, ImageSize size) {
  Image out = image;
  const auto horizontal = [&] {
    if (size.width != out.width) out.pixels = resample(out.pixels, out.height, out.width, size.width, out.channels);
    out.width = size.width;
  };
  const auto vertical = [&] {
    if (size.height != out.height) out.pixels = resample(out.pixels, 1, out.height, size.height, out.width * out.channels);
    out.height = size.height;
  };
  if (rows_first(image.size(), size)) {
    horizontal();
    vertical();
  } else {
    vertical();
    horizontal();
  }
  return out;
}

}  // namespace

Resize resize_from(std::string_view name) {
  if (name == "nearest") return Resize::nearest;
  if (name == "bilinear") return Resize::bilinear;
  throw Error({.category = Category::usage,
               .where = "--resize",
               .what = "unknown method",
               .expected = "nearest or bilinear",
               .got = std::string(name)});
}

Image resize(const Image& image, ImageSize size, Resize method) {
  if (size.height < 1 || size.width < 1 || size.height > 65535 || size.width > 65535)
    throw Error({.category = Category::usage,
                 .where = "--image-size",
                 .what = "an impossible size",
                 .expected = "1 to 65535 pixels",
                 .got = std::to_string(size.height) + "x" + std::to_string(size.width)});
  if (size == image.size()) return image;
  return method == Resize::nearest ? resize_nearest(image, size) : resize_bilinear(image, size);
}

}  // namespace lehr
