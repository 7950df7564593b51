// svg.h: a drawing as SVG text.
#pragma once

#include <string>

#include "tune/plot/drawing.h"

namespace lehr::plot {

std::string to_svg(const Drawing& drawing);

}  // namespace lehr::plot
