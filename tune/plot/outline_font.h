// outline_font.h: the letters of figures as outlines (DejaVu Sans, Latin and a few signs), so that pictures need no font on the machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tune/plot/drawing.h"

namespace lehr::plot {

/// Width in pixels at a size. Unknown characters take the width of '?'.
double text_width(std::string_view utf8, double size, bool bold = false);
/// The text itself, or as much of it as fits the width, with an ellipsis.
std::string shortened(const std::string& utf8, double width, double size);
/// Closed contours of the text with its baseline's start at (0, 0); filled by the non-zero rule.
std::vector<std::vector<Point>> text_outline(std::string_view utf8, double size, bool bold = false);

}  // namespace lehr::plot
