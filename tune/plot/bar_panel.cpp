#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tune/plot/axis.h"
#include "tune/plot/outline_font.h"
#include "tune/plot/panels.h"

namespace lehr::plot {

namespace {

constexpr double text_size = 12;
constexpr double longest_name = 160;

std::string value_text(double v, bool whole) {
  if (whole) return fmt::format("{:.0f}", v);
  return std::abs(v) >= 1000 || (v != 0 && std::abs(v) < 1e-3) ? fmt::format("{:.3g}", v) : fmt::format("{:.3f}", v);
}

struct Frame {
  Box plot;
  Axis y;
  Ticks ticks;
  double slot = 0;       ///< pixels a bar and its gap take
  bool upright = false;  ///< names stand upright as they do not fit side by side
};

Frame lay_out(const BarPanel& panel, Box box) {
  std::vector<double> values{0.0};
  double widest_name = 0;
  for (const auto& b : panel.bars) {
    values.push_back(b.value + b.error);
    values.push_back(b.value - b.error);
    widest_name = std::max(widest_name, text_width(b.name, text_size));
  }
  if (panel.reference) values.push_back(*panel.reference);
  const Extent range = extent_of(values, false, panel.reference ? 0.18 : 0.1);  // room for the reference's name
  const double low = std::min(0.0, range.low) < 0 && *std::min_element(values.begin(), values.end()) >= 0 ? 0.0 : range.low;
  Box plot{box.left, box.top + (panel.title.empty() ? 10 : 32), box.right - 16, box.bottom};
  const Ticks ticks = nice_ticks(low, range.high, std::max(3, static_cast<int>(plot.height() / 60)));
  double widest = 0;
  for (const auto& label : ticks.labels) widest = std::max(widest, text_width(label, text_size));
  plot.left += widest + 10 + (panel.y_label.empty() ? 4 : 24);
  const double slot = plot.width() / std::max<double>(1, static_cast<double>(panel.bars.size()));
  const bool upright = widest_name > slot - 6;
  plot.bottom -= upright ? std::min(widest_name, longest_name) + 14 : 28;
  return {plot, Axis(low, range.high, false, plot.bottom, plot.top), ticks, slot, upright};
}

void draw_axes(Drawing& d, const BarPanel& panel, const Frame& f) {
  const Box& p = f.plot;
  double widest = 0;
  for (std::size_t i = 0; i < f.ticks.at.size(); ++i) {
    const double y = f.y.pixel(f.ticks.at[i]);
    widest = std::max(widest, text_width(f.ticks.labels[i], text_size));
    d.add(Line{.points = {{p.left, y}, {p.right, y}}, .color = grid_gray, .width = 0.8, .dashes = {3.7, 1.6}});
    d.add(Label{.text = f.ticks.labels[i], .at = {p.left - 8, y + text_size * 0.36}, .size = text_size, .align = Align::right});
  }
  const double middle = (p.left + p.right) / 2;
  if (!panel.title.empty()) d.add(Label{.text = panel.title, .at = {middle, p.top - 11}, .size = 15, .align = Align::center});
  if (!panel.y_label.empty())
    d.add(Label{
        .text = panel.y_label, .at = {p.left - 16 - widest, (p.top + p.bottom) / 2}, .size = 13, .align = Align::center, .upward = true});
}

void draw_bar(Drawing& d, const Bar& bar, double middle, bool whole, const Frame& f) {
  const double half = std::min(f.slot * 0.36, 50.0);
  const double zero = f.y.pixel(0);
  const double top = f.y.pixel(bar.value);
  if (std::isfinite(top)) d.add(rectangle({middle - half, std::min(top, zero), middle + half, std::max(top, zero)}, bar.color));
  double over = std::min(top, zero);
  if (bar.error > 0 && std::isfinite(top)) {
    const double high = f.y.pixel(bar.value + bar.error);
    const double low = f.y.pixel(bar.value - bar.error);
    d.add(Line{.points = {{middle, low}, {middle, high}}, .color = ink, .width = 1.4});
    for (const double y : {low, high}) d.add(Line{.points = {{middle - 5, y}, {middle + 5, y}}, .color = ink, .width = 1.4});
    over = std::min(over, high);
  }
  const std::string value = value_text(bar.value, whole);
  if (text_width(value, text_size) < f.slot + 4)
    d.add(Label{.text = value, .at = {middle, (std::isfinite(over) ? over : zero) - 5}, .size = text_size, .align = Align::center});
  if (f.upright) {
    d.add(Label{.text = shortened(bar.name, longest_name, text_size),
                .at = {middle + text_size * 0.36, f.plot.bottom + 8},
                .size = text_size,
                .align = Align::right,
                .upward = true});
  } else {
    d.add(Label{.text = bar.name, .at = {middle, f.plot.bottom + 18}, .size = text_size, .align = Align::center});
  }
}

}  // namespace

void draw_panel(Drawing& drawing, const BarPanel& panel, Box box) {
  const Frame f = lay_out(panel, box);
  const Box& p = f.plot;
  draw_axes(drawing, panel, f);
  const bool whole = std::all_of(panel.bars.begin(), panel.bars.end(),  // counts
                                 [](const Bar& b) { return b.error == 0 && b.value == std::floor(b.value) && std::abs(b.value) < 1e6; });
  for (std::size_t i = 0; i < panel.bars.size(); ++i)
    draw_bar(drawing, panel.bars[i], p.left + (static_cast<double>(i) + 0.5) * f.slot, whole, f);
  const double zero = f.y.pixel(0);
  drawing.add(Line{.points = {{p.left, p.top}, {p.left, p.bottom}}, .color = ink, .width = 1});
  drawing.add(Line{.points = {{p.left, zero}, {p.right, zero}}, .color = ink, .width = 1});
  if (!panel.reference) return;
  const double y = f.y.pixel(*panel.reference);
  drawing.add(Line{.points = {{p.left, y}, {p.right, y}}, .color = red, .width = 1.4, .dashes = {6, 3}});
  const std::string name = fmt::format("{}: {:.3g}", panel.reference_name, *panel.reference);
  const double left = p.right - text_width(name, text_size) - 4;
  drawing.add(Line{.points = {{left - 32, p.top + 8}, {left - 6, p.top + 8}}, .color = red, .width = 1.4, .dashes = {6, 3}});
  drawing.add(Label{.text = name, .at = {left, p.top + 8 + text_size * 0.36}, .size = text_size, .color = red});
}

}  // namespace lehr::plot
