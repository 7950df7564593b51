// terminal_chart.h: curves in the terminal, drawn with braille dots, or with ASCII where there is no UTF-8.
#pragma once

#include <string>
#include <vector>

#include "tune/plot/figure.h"
#include "tune/terminal.h"

namespace lehr::plot {

/// A chart of `rows` text lines as wide as the terminal (at most 100 columns), with axes, numbers and a legend.
std::string terminal_chart(const LinePanel& panel, const Terminal& terminal, int rows = 12);
/// One line: ▁▂▃▅▇, or .:-=# where there is no UTF-8.
std::string sparkline(const std::vector<double>& values, const Terminal& terminal);
/// Horizontal bars with names and values.
std::string terminal_bars(const BarPanel& panel, const Terminal& terminal);

}  // namespace lehr::plot
