// layered_layout.h: a directed graph drawn from top to bottom (Sugiyama, Tagawa, Toda 1981): rows by the longest way from a source, long edges
// through places of their own in each row between, order within rows by the mean of neighbours, then x by the same means.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tune/plot/drawing.h"

namespace lehr::plot {

struct LayeredGraph {
  std::vector<double> widths = {};                              ///< of each vertex, pixels
  std::vector<std::pair<std::size_t, std::size_t>> edges = {};  ///< from an earlier vertex to a later one
};

struct LayeredLayout {
  std::vector<Point> centers = {};             ///< of the vertices; the first row at y = 0, the next at `row_height`
  std::vector<std::vector<Point>> bends = {};  ///< of each edge: where it passes the rows between
  double width = 0, height = 0;                ///< x from 0 to width, y from 0 to height
};

LayeredLayout layered_layout(const LayeredGraph& graph, double row_height, double gap);

}  // namespace lehr::plot
