#include "tune/plot/network_picture.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tune/format.h"
#include "tune/plot/layered_layout.h"
#include "tune/plot/outline_font.h"

namespace lehr::plot {

namespace {

constexpr double box_height = 40, row_height = 66, gap = 22, margin = 24, head = 44, name_size = 11, text_size = 9.5;

/// What a box says.
struct Words {
  std::string name, details;
  Color color = white;
  double width() const { return std::max(110.0, 20 + std::max(text_width(name, name_size, true), text_width(details, text_size))); }
};

/// Layers that do the same kind of work have one colour.
Color color_of(std::string_view class_name, bool weights) {
  constexpr Color convolution{205, 221, 250}, dense{252, 224, 196}, pooling{250, 208, 208}, normalization{211, 238, 214},
      activation{251, 242, 190}, merging{229, 216, 243}, other{238, 238, 238};
  const auto has = [&](std::string_view part) { return class_name.find(part) != std::string_view::npos; };
  if (has("Conv")) return convolution;
  if (class_name == "Dense") return dense;
  if (has("Pooling")) return pooling;
  if (has("Normalization") || has("Scale") || has("Rescaling")) return normalization;
  if (has("LU") || class_name == "Activation" || class_name == "Softmax") return activation;
  constexpr std::array<std::string_view, 8> merges{"Add",     "Subtract", "Multiply",    "Average",
                                                   "Maximum", "Minimum",  "Concatenate", "Operation"};
  if (std::find(merges.begin(), merges.end(), class_name) != merges.end()) return merging;
  return weights ? normalization : other;
}

std::string shape_text(const Shape& shape) {
  std::string out;
  for (const auto extent : shape.extents()) out += (out.empty() ? "" : " × ") + std::to_string(extent);
  return out.empty() ? "1" : out;
}

std::vector<Words> words_of(const BuiltNetwork& network) {
  std::vector<Words> out{{.name = "input", .details = shape_text(network.input()), .color = Color{255, 255, 255}}};
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const auto& layer = network.layers()[i];
    const std::int64_t weights = layer.parameter_count();
    std::string details = layer.class_name + " · " + shape_text(layer.output);
    if (network.network().entries()[i].shared_with)
      details += " · used again";
    else if (weights > 0)
      details += " · " + count_text(weights) + (layer.trainable ? "" : " frozen");
    out.push_back({.name = layer.name, .details = std::move(details), .color = color_of(layer.class_name, weights > 0)});
  }
  return out;
}

void add_box(Drawing& drawing, const Words& words, Point center) {
  const double half = words.width() / 2, left = center.x - half, right = center.x + half, top = center.y - box_height / 2,
               bottom = top + box_height;
  drawing.add(rectangle({left, top, right, bottom}, words.color));
  drawing.add(Line{.points = {{left, top}, {right, top}, {right, bottom}, {left, bottom}, {left, top}}, .color = ink, .width = 0.8});
  drawing.add(Label{.text = words.name, .at = {center.x, top + 17}, .size = name_size, .align = Align::center, .bold = true});
  drawing.add(Label{.text = words.details, .at = {center.x, top + 32}, .size = text_size, .align = Align::center});
}

void add_arrow(Drawing& drawing, Point from, const std::vector<Point>& bends, Point to) {
  Line line{.points = {from}, .color = Color{90, 90, 90}, .width = 1.1};
  for (const Point& p : bends) {  // straight down beside the boxes of its row
    line.points.push_back({p.x, p.y - box_height / 2});
    line.points.push_back({p.x, p.y + box_height / 2});
  }
  const Point tip = to;
  line.points.push_back({tip.x, tip.y - 6});
  drawing.add(line);
  drawing.add(Area{.points = {tip, {tip.x - 3.5, tip.y - 7}, {tip.x + 3.5, tip.y - 7}}, .color = line.color});
}

}  // namespace

Drawing network_picture(const BuiltNetwork& network) {
  const auto words = words_of(network);
  LayeredGraph graph;
  for (const auto& w : words) graph.widths.push_back(w.width());
  for (std::size_t i = 0; i < network.layers().size(); ++i)
    for (const std::size_t input : network.layers()[i].inputs) graph.edges.emplace_back(input, i + 1);
  const LayeredLayout layout = layered_layout(graph, row_height, gap);

  const std::string title = network.network().name() + ": " + count_text(static_cast<std::int64_t>(network.layers().size())) + " layers, " +
                            count_text(network.parameter_count()) + " weights";
  const double width = std::max(layout.width, text_width(title, 14, true));
  Drawing drawing{.width = width + 2 * margin, .height = head + layout.height + box_height + margin};
  drawing.add(Label{.text = title, .at = {drawing.width / 2, 26}, .size = 14, .align = Align::center, .bold = true});
  const double dx = margin + (width - layout.width) / 2, dy = head + box_height / 2;
  const auto at = [&](Point p) { return Point{p.x + dx, p.y + dy}; };
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    const auto [from, to] = graph.edges[e];
    std::vector<Point> bends;
    for (const Point& p : layout.bends[e]) bends.push_back(at(p));
    const Point begin = at(layout.centers[from]), end = at(layout.centers[to]);
    add_arrow(drawing, {begin.x, begin.y + box_height / 2}, bends, {end.x, end.y - box_height / 2});
  }
  for (std::size_t i = 0; i < words.size(); ++i) add_box(drawing, words[i], at(layout.centers[i]));
  return drawing;
}

}  // namespace lehr::plot
