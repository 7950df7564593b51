#include "tune/plot/outline_font.h"

#include <algorithm>
#include <cstdint>

#include "tune/plot/outline_font_data.h"
#include "tune/utf8.h"

namespace lehr::plot {

namespace {

constexpr double units_per_em = 2048.0;

/// Next code point; a byte that is no UTF-8 counts as '?'.
std::uint32_t next_sign(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (length == 0 || length > text.size()) {
    text.remove_prefix(1);
    return '?';
  }
  std::uint32_t sign = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) sign = (sign << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(length);
  return sign;
}

const Glyph& glyph_of(const OutlineFont& font, std::uint32_t sign) {
  const auto found =
      std::lower_bound(font.glyphs.begin(), font.glyphs.end(), sign, [](const Glyph& g, std::uint32_t s) { return g.sign < s; });
  return found != font.glyphs.end() && found->sign == sign ? *found : glyph_of(font, '?');
}

void add_curve(std::vector<Point>& contour, Point control, Point end) {
  const Point start = contour.back();
  constexpr int pieces = 6;
  for (int i = 1; i <= pieces; ++i) {
    const double t = static_cast<double>(i) / pieces;
    const double a = (1 - t) * (1 - t);
    const double b = 2 * t * (1 - t);
    contour.push_back({a * start.x + b * control.x + t * t * end.x, a * start.y + b * control.y + t * t * end.y});
  }
}

void add_glyph(std::vector<std::vector<Point>>& contours, std::span<const std::int16_t> program, double left, double scale) {
  const auto point = [&](std::size_t i) { return Point{left + program[i] * scale, -program[i + 1] * scale}; };
  for (std::size_t i = 0; i < program.size();) {
    switch (program[i]) {
      case 0:
        contours.push_back({point(i + 1)});
        i += 3;
        break;
      case 1:
        contours.back().push_back(point(i + 1));
        i += 3;
        break;
      default:
        add_curve(contours.back(), point(i + 1), point(i + 3));
        i += 5;
        break;
    }
  }
}

OutlineFont font_of(bool bold) { return bold ? bold_font() : regular_font(); }

}  // namespace

double text_width(std::string_view utf8, double size, bool bold) {
  const auto font = font_of(bold);
  double units = 0;
  while (!utf8.empty()) units += glyph_of(font, next_sign(utf8)).advance;
  return units * size / units_per_em;
}

std::string shortened(const std::string& utf8, double width, double size) {
  if (text_width(utf8, size) <= width) return utf8;
  std::size_t letters = characters(utf8);
  while (letters > 0 && text_width(fitted(utf8, letters) + "…", size) > width) --letters;
  return fitted(utf8, letters) + "…";
}

std::vector<std::vector<Point>> text_outline(std::string_view utf8, double size, bool bold) {
  const auto font = font_of(bold);
  const double scale = size / units_per_em;
  std::vector<std::vector<Point>> contours;
  double left = 0;
  while (!utf8.empty()) {
    const Glyph& glyph = glyph_of(font, next_sign(utf8));
    add_glyph(contours, font.program.subspan(static_cast<std::size_t>(glyph.begin), static_cast<std::size_t>(glyph.count)), left, scale);
    left += glyph.advance * scale;
  }
  return contours;
}

}  // namespace lehr::plot
