#include "tune/plot/layered_layout.h"

#include <algorithm>
#include <numeric>

namespace lehr::plot {

namespace {

/// The graph with a place for each edge in each row that it passes.
struct Rows {
  std::vector<double> widths, x;
  std::vector<std::size_t> row_of;
  std::vector<std::vector<std::size_t>> above, below;  ///< neighbours
  std::vector<std::vector<std::size_t>> rows;          ///< in order from left to right
  std::vector<std::vector<std::size_t>> passes;        ///< of each edge

  std::size_t add(double width, std::size_t row) {
    widths.push_back(width);
    row_of.push_back(row);
    above.emplace_back();
    below.emplace_back();
    if (rows.size() <= row) rows.resize(row + 1);
    rows[row].push_back(widths.size() - 1);
    return widths.size() - 1;
  }
  void connect(std::size_t from, std::size_t to) {
    below[from].push_back(to);
    above[to].push_back(from);
  }
};

constexpr double pass_width = 8;

Rows rows_of(const LayeredGraph& graph) {
  std::vector<std::size_t> row(graph.widths.size(), 0);
  auto edges = graph.edges;
  std::sort(edges.begin(), edges.end());  // a vertex's own edges after those that lead to it
  for (const auto& [from, to] : edges) row[to] = std::max(row[to], row[from] + 1);
  Rows out;
  for (std::size_t v = 0; v < row.size(); ++v) out.add(graph.widths[v], row[v]);
  for (const auto& [from, to] : graph.edges) {
    out.passes.emplace_back();
    std::size_t last = from;
    for (std::size_t r = row[from] + 1; r < row[to]; ++r) {
      const std::size_t pass = out.add(pass_width, r);
      out.connect(last, pass);
      out.passes.back().push_back(pass);
      last = pass;
    }
    out.connect(last, to);
  }
  return out;
}

/// Sorts each row by the mean place of its neighbours in the row before (down) or behind.
void order_rows(Rows& g) {
  std::vector<double> place(g.widths.size(), 0);
  const auto number = [&](const std::vector<std::size_t>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) place[row[i]] = static_cast<double>(i);
  };
  for (const auto& row : g.rows) number(row);
  for (int sweep = 0; sweep < 8; ++sweep) {
    const bool down = sweep % 2 == 0;
    for (std::size_t step = 0; step < g.rows.size(); ++step) {
      auto& row = g.rows[down ? step : g.rows.size() - 1 - step];
      std::vector<std::pair<double, std::size_t>> wanted;
      for (const std::size_t v : row) {
        const auto& near = down ? g.above[v] : g.below[v];
        double sum = 0;
        for (const std::size_t n : near) sum += place[n];
        wanted.emplace_back(near.empty() ? place[v] : sum / static_cast<double>(near.size()), v);
      }
      std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = wanted[i].second;
      number(row);
    }
  }
}

/// Moves a row's vertices towards `wanted`, in order and `gap` apart: neighbours that would overlap share what they want (pool adjacent violators).
void place_row(Rows& g, const std::vector<std::size_t>& row, const std::vector<double>& wanted, double gap) {
  struct Block {
    double sum = 0;  ///< of where its first vertex should be
    std::size_t count = 0;
    double at() const { return sum / static_cast<double>(count); }
  };
  std::vector<double> offset(row.size(), 0);  // of each vertex from the row's first, all side by side
  for (std::size_t i = 1; i < row.size(); ++i) offset[i] = offset[i - 1] + (g.widths[row[i - 1]] + g.widths[row[i]]) / 2 + gap;
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < row.size(); ++i) {
    blocks.push_back({wanted[i] - offset[i], 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].at() > blocks.back().at()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().count += last.count;
    }
  }
  std::size_t i = 0;
  for (const Block& block : blocks)
    for (std::size_t k = 0; k < block.count; ++k, ++i) g.x[row[i]] = block.at() + offset[i];
}

void place(Rows& g, double gap) {
  g.x.assign(g.widths.size(), 0);
  for (int sweep = 0; sweep < 24; ++sweep) {
    const bool down = sweep % 2 == 0;
    for (std::size_t step = 0; step < g.rows.size(); ++step) {
      const auto& row = g.rows[down ? step : g.rows.size() - 1 - step];
      std::vector<double> wanted;
      for (const std::size_t v : row) {
        const auto& near = down ? g.above[v] : g.below[v];
        double sum = 0;
        for (const std::size_t n : near) sum += g.x[n];
        wanted.push_back(near.empty() ? g.x[v] : sum / static_cast<double>(near.size()));
      }
      place_row(g, row, wanted, gap);
    }
  }
}

}  // namespace

LayeredLayout layered_layout(const LayeredGraph& graph, double row_height, double gap) {
  Rows g = rows_of(graph);
  order_rows(g);
  place(g, gap);
  double left = 0, right = 0;
  for (std::size_t v = 0; v < g.x.size(); ++v) {
    left = std::min(left, g.x[v] - g.widths[v] / 2);
    right = std::max(right, g.x[v] + g.widths[v] / 2);
  }
  const auto at = [&](std::size_t v) { return Point{g.x[v] - left, static_cast<double>(g.row_of[v]) * row_height}; };
  LayeredLayout out{.width = right - left, .height = static_cast<double>(g.rows.empty() ? 0 : g.rows.size() - 1) * row_height};
  for (std::size_t v = 0; v < graph.widths.size(); ++v) out.centers.push_back(at(v));
  for (const auto& passes : g.passes) {
    out.bends.emplace_back();
    for (const std::size_t v : passes) out.bends.back().push_back(at(v));
  }
  return out;
}

}  // namespace lehr::plot
