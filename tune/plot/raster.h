// raster.h: a drawing as pixels, antialiased: lines, discs and letters are all polygons filled by exact area coverage.
#pragma once

#include "engine/array.h"
#include "tune/plot/drawing.h"

namespace lehr::plot {

/// uint8 (height, width, 3); `scale` pixels a unit.
Array rasterize(const Drawing& drawing, double scale = 1.0);

}  // namespace lehr::plot
