// What `lehr summary` shows besides Keras's table: the plan of a step with its memory, and the picture of the graph.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "layers/network.h"
#include "tune/plan_table.h"
#include "tune/plot/layered_layout.h"
#include "tune/plot/network_picture.h"
#include "tune/plot/svg.h"
#include "tune/step_summary.h"

using namespace lehr;
using plot::LayeredGraph;
using plot::LayeredLayout;

namespace {

constexpr double row_height = 50, gap = 10;

/// Boxes of a row stand apart, every edge leads down a row at a time, nothing lies outside.
void check_layout(const LayeredGraph& graph, const LayeredLayout& layout) {
  REQUIRE(layout.centers.size() == graph.widths.size());
  for (std::size_t a = 0; a < graph.widths.size(); ++a) {
    CHECK(layout.centers[a].x - graph.widths[a] / 2 >= -1e-9);
    CHECK(layout.centers[a].x + graph.widths[a] / 2 <= layout.width + 1e-9);
    for (std::size_t b = 0; b < a; ++b)
      if (layout.centers[a].y == layout.centers[b].y)
        CHECK(std::abs(layout.centers[a].x - layout.centers[b].x) >= (graph.widths[a] + graph.widths[b]) / 2 + gap - 1e-9);
  }
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    double y = layout.centers[graph.edges[e].first].y;
    for (const auto& bend : layout.bends[e]) CHECK(bend.y == doctest::Approx(y += row_height));
    CHECK(layout.centers[graph.edges[e].second].y == doctest::Approx(y + row_height));
  }
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("layered layout: a chain is straight, branches stand side by side, long edges pass beside boxes") {
  const LayeredGraph chain{.widths = {100, 60, 140}, .edges = {{0, 1}, {1, 2}}};
  const LayeredLayout straight = plot::layered_layout(chain, row_height, gap);
  check_layout(chain, straight);
  CHECK(straight.centers[0].x == doctest::Approx(straight.centers[1].x));
  CHECK(straight.centers[1].x == doctest::Approx(straight.centers[2].x));
  CHECK(straight.height == 2 * row_height);

  // An Inception block with a skip past two rows: 0 -> {1, 2 -> 4, 3 -> 5 -> 6} -> 7, 0 -> 7.
  const LayeredGraph block{.widths = {100, 80, 90, 70, 120, 60, 100, 150},
                           .edges = {{0, 1}, {0, 2}, {0, 3}, {2, 4}, {3, 5}, {5, 6}, {1, 7}, {4, 7}, {6, 7}, {0, 7}}};
  const LayeredLayout wide = plot::layered_layout(block, row_height, gap);
  check_layout(block, wide);
  CHECK(wide.bends[9].size() == 3);
  for (const auto& bend : wide.bends[9])
    for (std::size_t v = 0; v < block.widths.size(); ++v)
      if (wide.centers[v].y == bend.y) CHECK(std::abs(wide.centers[v].x - bend.x) > block.widths[v] / 2);
}

TEST_CASE("network picture: a box a layer, an arrow an edge, shapes and weights in words") {
  Network net({8, 8, 3});
  const Node x = net.add(network_from_text("conv2d(4, 3, padding=same)").entries()[0].layer, {Node{0}});
  const Node relu = net.add(network_from_text("relu").entries()[0].layer, {x});
  net.add(network_from_text("add").entries()[0].layer, {x, relu});
  const BuiltNetwork built(net, *net.input_shape());
  const std::string svg = plot::to_svg(plot::network_picture(built));
  for (const char* word : {">input<", ">8 × 8 × 3<", ">conv2d<", ">Conv2D · 8 × 8 × 4 · 112<", ">add<", ": 3 layers, 112 weights<"})
    CHECK_MESSAGE(svg.find(word) != std::string::npos, word, " is not in ", svg);
  CHECK(count(svg, "<text") == 1 + 2 * 4);  // the title; two lines a box
  CHECK(count(svg, "<polygon") == 4 + 4);   // boxes and heads of arrows: input -> conv2d -> relu -> add, conv2d -> add
}

TEST_CASE("plan table: what is alive at the same time lies apart in the arena, and columns stand below each other") {
  const Network net = network_from_text("conv2d(8, 3, activation=relu) | max_pooling2d(2) | flatten | dense(10, softmax)");
  const BuiltNetwork built(net, {16, 16, 1});
  const PlanTable train = step_summary(built, {}, false), predict = step_summary(built, {}, true);
  CHECK(train.lines.size() > predict.lines.size());
  CHECK(train.arena < train.naive);
  for (const auto& a : train.buffers) {
    CHECK(a.offset + a.bytes <= train.arena);
    for (const auto& b : train.buffers) {
      if (&a == &b || a.last < b.first || b.last < a.first) continue;
      CHECK_MESSAGE((a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset), a.name, " lies over ", b.name);
    }
  }
  // 2 flops a multiplication and addition, forward: 32 images, 14 x 14 places, 3 x 3 x 1 -> 8, and 392 -> 10.
  CHECK(predict.flops == doctest::Approx(2.0 * 32 * (14 * 14 * 9 * 8 + 392 * 10)).epsilon(0.02));
  std::istringstream text(plan_text(train));
  std::string head, line;
  std::getline(text, head);
  const auto column = head.find("reads -> writes");
  for (const auto& operation : train.lines) {
    std::getline(text, line);
    CHECK_MESSAGE(line.substr(column - 2, 2) == "  ", line);
    CHECK_MESSAGE(line.substr(column).starts_with(operation.reads), line);
  }
}
