// panels.h: one chart drawn into a box.
#pragma once

#include "tune/plot/figure.h"

namespace lehr::plot {

void draw_panel(Drawing& drawing, const LinePanel& panel, Box box);
void draw_panel(Drawing& drawing, const BarPanel& panel, Box box);
void draw_panel(Drawing& drawing, const HeatPanel& panel, Box box);
void draw_panel(Drawing& drawing, const ParallelPanel& panel, Box box);

}  // namespace lehr::plot
