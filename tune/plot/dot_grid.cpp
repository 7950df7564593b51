#include "tune/plot/dot_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lehr::plot {

namespace {
/// U+2800 and the eight dots as UTF-8.
std::string braille_letter(unsigned bits) {
  const unsigned sign = 0x2800U + bits;
  return {static_cast<char>(0xE0U | sign >> 12U), static_cast<char>(0x80U | (sign >> 6U & 0x3FU)),
          static_cast<char>(0x80U | (sign & 0x3FU))};
}
}  // namespace

char series_letter(std::size_t series) { return "*o+x#@%&"[series % 8]; }

// Blue, red, green, magenta, cyan, yellow: training and validation come first, as in the pictures.
std::string colored(const std::string& text, std::size_t series, bool color) {
  constexpr std::array<int, 6> codes{94, 91, 92, 95, 96, 93};
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", codes[series % codes.size()], text) : text;
}

DotGrid::DotGrid(int columns, int rows, bool braille)
    : columns_(columns),
      rows_(rows),
      across_(braille ? 2 : 1),
      down_(braille ? 4 : 1),
      braille_(braille),
      dots_(static_cast<std::size_t>(columns * rows)),
      series_(static_cast<std::size_t>(columns * rows)) {}

void DotGrid::dot(int x, int y, std::size_t series) {
  if (x < 0 || y < 0 || x >= width() || y >= height()) return;
  constexpr std::array<std::array<unsigned, 2>, 4> bits{{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
  const auto cell = static_cast<std::size_t>(y / down_ * columns_ + x / across_);
  dots_[cell] = static_cast<std::uint8_t>(dots_[cell] | bits[static_cast<std::size_t>(y % down_)][static_cast<std::size_t>(x % across_)]);
  series_[cell] = series + 1;
}

void DotGrid::line(double x0, double y0, double x1, double y1, std::size_t series) {
  const int steps = std::max(1, static_cast<int>(std::ceil(std::max(std::abs(x1 - x0), std::abs(y1 - y0)))));
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    dot(static_cast<int>(std::lround(x0 + (x1 - x0) * t)), static_cast<int>(std::lround(y0 + (y1 - y0) * t)), series);
  }
}

std::string DotGrid::row(int row, bool color) const {
  std::string out;
  for (int column = 0; column < columns_; ++column) {
    const auto cell = static_cast<std::size_t>(row * columns_ + column);
    if (series_[cell] == 0) {
      out += ' ';
    } else {
      const std::size_t series = series_[cell] - 1;
      out += colored(braille_ ? braille_letter(dots_[cell]) : std::string(1, series_letter(series)), series, color);
    }
  }
  return out;
}

}  // namespace lehr::plot
