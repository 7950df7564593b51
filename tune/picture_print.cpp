#include "tune/picture_print.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/data/image.h"

namespace lehr {

namespace {

struct Plane {
  std::int64_t height = 0, width = 0;
  std::vector<float> values = {};

  /// Mean over rows [y0, y1) and columns [x0, x1), edges in part: a cell of a grid that does not divide the picture.
  double mean(double y0, double y1, double x0, double x1) const {
    double sum = 0;
    for (auto y = static_cast<std::int64_t>(y0); y < height && static_cast<double>(y) < y1; ++y) {
      const double high = std::min(y1, static_cast<double>(y + 1)) - std::max(y0, static_cast<double>(y));
      for (auto x = static_cast<std::int64_t>(x0); x < width && static_cast<double>(x) < x1; ++x) {
        const double wide = std::min(x1, static_cast<double>(x + 1)) - std::max(x0, static_cast<double>(x));
        sum += high * wide * static_cast<double>(values[static_cast<std::size_t>(y * width + x)]);
      }
    }
    return sum / ((y1 - y0) * (x1 - x0));
  }

  std::vector<double> grid(int rows, int columns) const {
    std::vector<double> out;
    const double high = static_cast<double>(height) / rows, wide = static_cast<double>(width) / columns;
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < columns; ++x) out.push_back(mean(y * high, (y + 1) * high, x * wide, (x + 1) * wide));
    return out;
  }
};

Plane luma_of(std::span<const std::byte> pixels, const Shape& shape) {
  Plane out{.height = shape[0], .width = shape[1], .values = {}};
  const auto channels = static_cast<std::size_t>(shape[2]), count = static_cast<std::size_t>(shape[0] * shape[1]);
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(pixels[i]); };
  out.values.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    out.values.push_back(
        static_cast<float>(channels >= 3 ? luma(at(i * channels), at(i * channels + 1), at(i * channels + 2)) : at(i * channels)));
  return out;
}

}  // namespace

PicturePrint print_of(std::span<const std::byte> pixels, const Shape& shape) {
  const Plane plane = luma_of(pixels, shape);
  PicturePrint out;
  double sum = 0, squares = 0;
  for (const float v : plane.values) {
    sum += static_cast<double>(v);
    squares += static_cast<double>(v) * static_cast<double>(v);
  }
  const auto n = static_cast<double>(std::max<std::size_t>(1, plane.values.size()));
  out.mean = sum / n;
  out.deviation = std::sqrt(std::max(0.0, squares / n - out.mean * out.mean));
  const auto cells = plane.grid(8, 9);
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 8; ++x)
      if (cells[y * 9 + x] + 1 < cells[y * 9 + x + 1]) out.hash |= std::uint64_t{1} << (y * 8 + x);
  const auto thumbnail = plane.grid(16, 16);
  for (std::size_t i = 0; i < thumbnail.size(); ++i) out.thumbnail[i] = static_cast<float>(thumbnail[i] - out.mean);
  return out;
}

double difference(const PicturePrint& a, const PicturePrint& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.thumbnail.size(); ++i)
    sum += std::abs(static_cast<double>(a.thumbnail[i]) - static_cast<double>(b.thumbnail[i]));
  return sum / static_cast<double>(a.thumbnail.size());
}

}  // namespace lehr
