#include "tune/plot/polygon_fill.h"

#include <algorithm>
#include <cmath>

namespace lehr::plot {

namespace {

constexpr int scanlines = 16;  // a pixel

struct Edge {
  double x0, y0, x1, y1;  ///< y0 < y1
  int winding;
};
struct Crossing {
  double x;
  int winding;
};

std::vector<Edge> edges_of(std::span<const std::vector<Point>> contours) {
  std::vector<Edge> out;
  for (const auto& c : contours)
    for (std::size_t i = 0; i < c.size(); ++i) {
      const Point a = c[i];
      const Point b = c[(i + 1) % c.size()];
      if (a.y < b.y) out.push_back({a.x, a.y, b.x, b.y, 1});
      if (a.y > b.y) out.push_back({b.x, b.y, a.x, a.y, -1});
    }
  std::sort(out.begin(), out.end(), [](const Edge& a, const Edge& b) { return a.y0 < b.y0; });
  return out;
}

/// Adds the part of each pixel of one row that [left, right) covers.
void cover(std::vector<double>& row, double left, double right, double weight) {
  left = std::max(left, 0.0);
  right = std::min(right, static_cast<double>(row.size()));
  if (left >= right) return;
  const auto first = static_cast<std::size_t>(left);
  const auto last = std::min(static_cast<std::size_t>(right), row.size() - 1);
  if (first == last) {
    row[first] += (right - left) * weight;
    return;
  }
  row[first] += (static_cast<double>(first + 1) - left) * weight;
  for (std::size_t x = first + 1; x < last; ++x) row[x] += weight;
  row[last] += (right - static_cast<double>(last)) * weight;
}

/// Spans inside by the non-zero rule.
void cover_scanline(std::vector<double>& row, std::vector<Crossing>& crossings) {
  std::sort(crossings.begin(), crossings.end(), [](const Crossing& a, const Crossing& b) { return a.x < b.x; });
  int winding = 0;
  for (std::size_t i = 0; i + 1 < crossings.size(); ++i) {
    winding += crossings[i].winding;
    if (winding != 0) cover(row, crossings[i].x, crossings[i + 1].x, 1.0 / scanlines);
  }
}

}  // namespace

void fill(Pixels& pixels, std::span<const std::vector<Point>> contours, Color color) {
  const auto edges = edges_of(contours);
  if (edges.empty()) return;
  double bottom = edges.front().y1;
  for (const auto& e : edges) bottom = std::max(bottom, e.y1);
  const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(edges.front().y0)));
  const auto end = std::min<std::int64_t>(pixels.height, static_cast<std::int64_t>(std::ceil(bottom)));
  std::vector<double> row(static_cast<std::size_t>(pixels.width));
  std::vector<std::size_t> active;
  std::vector<Crossing> crossings;
  std::size_t next = 0;
  for (std::int64_t y = first; y < end; ++y) {
    std::fill(row.begin(), row.end(), 0.0);
    while (next < edges.size() && edges[next].y0 < static_cast<double>(y + 1)) active.push_back(next++);
    std::erase_if(active, [&](std::size_t i) { return edges[i].y1 <= static_cast<double>(y); });
    for (int s = 0; s < scanlines; ++s) {
      const double at = static_cast<double>(y) + (s + 0.5) / scanlines;
      crossings.clear();
      for (const std::size_t i : active) {
        const Edge& e = edges[i];
        if (e.y0 <= at && at < e.y1) crossings.push_back({e.x0 + (at - e.y0) * (e.x1 - e.x0) / (e.y1 - e.y0), e.winding});
      }
      cover_scanline(row, crossings);
    }
    for (std::int64_t x = 0; x < pixels.width; ++x)
      if (const double c = row[static_cast<std::size_t>(x)]; c > 0) pixels.blend(x, y, color, std::min(c, 1.0));
  }
}

}  // namespace lehr::plot
