#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tune/plot/outline_font.h"
#include "tune/plot/panels.h"

namespace lehr::plot {

namespace {

std::string cell_text(double value) { return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.2f}", value); }

void draw_cells(Drawing& d, const HeatPanel& panel, Box plot, double cell) {
  const std::size_t n = panel.names.size();
  const double size = std::min(13.0, cell * 0.36);
  for (std::size_t row = 0; row < n; ++row)
    for (std::size_t column = 0; column < n; ++column) {
      const std::size_t i = row * n + column;
      const Box box{plot.left + static_cast<double>(column) * cell, plot.top + static_cast<double>(row) * cell,
                    plot.left + static_cast<double>(column + 1) * cell, plot.top + static_cast<double>(row + 1) * cell};
      if (panel.colors[i] > 0) d.add(rectangle(box, heat_color(panel.colors[i])));
      if (cell < 18 || panel.values[i] == 0) continue;
      const std::string text = cell_text(panel.values[i]);
      const double fitting = std::min(size, size * (cell - 3) / std::max(1.0, text_width(text, size)));
      d.add(Label{.text = text,
                  .at = {(box.left + box.right) / 2, (box.top + box.bottom) / 2 + fitting * 0.36},
                  .size = fitting,
                  .align = Align::center,
                  .color = panel.colors[i] > 0.55 ? white : ink});
    }
}

}  // namespace

void draw_panel(Drawing& drawing, const HeatPanel& panel, Box box) {
  const auto n = static_cast<double>(std::max<std::size_t>(1, panel.names.size()));
  constexpr double longest = 120;
  double name_width = 0;
  for (const auto& name : panel.names) name_width = std::max(name_width, std::min(longest, text_width(name, 12)));
  Box plot{box.left + name_width + 34, box.top + (panel.title.empty() ? 10 : 34), box.right - 12, box.bottom - name_width - 40};
  const double cell = std::min(plot.width(), plot.height()) / n;
  plot.right = plot.left + n * cell;
  plot.bottom = plot.top + n * cell;
  draw_cells(drawing, panel, plot, cell);

  const double size = std::clamp(cell * 0.8, 5.0, 12.0);
  for (std::size_t i = 0; i < panel.names.size(); ++i) {
    const double middle = (static_cast<double>(i) + 0.5) * cell + size * 0.36;
    const std::string name = shortened(panel.names[i], longest, size);
    drawing.add(Label{.text = name, .at = {plot.left - 6, plot.top + middle}, .size = size, .align = Align::right});
    drawing.add(Label{.text = name, .at = {plot.left + middle, plot.bottom + 6}, .size = size, .align = Align::right, .upward = true});
  }
  drawing.add(Line{
      .points = {{plot.left, plot.top}, {plot.right, plot.top}, {plot.right, plot.bottom}, {plot.left, plot.bottom}, {plot.left, plot.top}},
      .color = ink,
      .width = 1});
  const double middle = (plot.left + plot.right) / 2;
  drawing.add(Label{.text = panel.title, .at = {middle, plot.top - 12}, .size = 15, .align = Align::center});
  drawing.add(Label{.text = panel.x_label, .at = {middle, plot.bottom + name_width + 26}, .size = 13, .align = Align::center});
  drawing.add(Label{.text = panel.y_label,
                    .at = {plot.left - name_width - 16, (plot.top + plot.bottom) / 2},
                    .size = 13,
                    .align = Align::center,
                    .upward = true});
}

}  // namespace lehr::plot
