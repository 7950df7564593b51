// polygon_fill.h: polygons into pixels by area coverage.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "tune/plot/drawing.h"

namespace lehr::plot {

/// RGB pixels in memory, painted with `over`.
struct Pixels {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb = {};
  void blend(std::int64_t x, std::int64_t y, Color color, double coverage) {
    std::uint8_t* p = &rgb[static_cast<std::size_t>((y * width + x) * 3)];
    const double a = coverage * color.alpha;
    p[0] = static_cast<std::uint8_t>(std::floor(p[0] + (color.red - p[0]) * a + 0.5));
    p[1] = static_cast<std::uint8_t>(std::floor(p[1] + (color.green - p[1]) * a + 0.5));
    p[2] = static_cast<std::uint8_t>(std::floor(p[2] + (color.blue - p[2]) * a + 0.5));
  }
};

/// Fills closed contours by the non-zero rule: 16 scanlines a pixel, exact along x.
void fill(Pixels& pixels, std::span<const std::vector<Point>> contours, Color color);

}  // namespace lehr::plot
