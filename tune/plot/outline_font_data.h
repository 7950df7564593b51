// outline_font_data.h: the tables behind outline_font.h.
#pragma once

#include <cstdint>
#include <span>

namespace lehr::plot {

/// Where a sign's contours lie in the program. 2048 units an em, y upwards.
struct Glyph {
  std::uint32_t sign = 0;
  std::int32_t advance = 0;
  std::int32_t begin = 0, count = 0;
};

/// Contours as numbers: 0 x y moves, 1 x y draws a line, 2 cx cy x y a quadratic curve.
struct OutlineFont {
  std::span<const Glyph> glyphs;  ///< sorted by sign
  std::span<const std::int16_t> program;
};

OutlineFont regular_font();
OutlineFont bold_font();

}  // namespace lehr::plot
