#include <algorithm>
#include <cmath>

#include "tune/plot/outline_font.h"
#include "tune/plot/panels.h"

namespace lehr::plot {

namespace {

constexpr double text_size = 11;

void draw_line(Drawing& d, const ParallelLine& line, const Box& plot, double gap) {
  Color color = heat_color(0.15 + 0.85 * line.share);
  color.alpha = 0.75;
  Line mark{.color = color, .width = 0.8 + line.share};
  const auto finish = [&] {
    if (mark.points.size() > 1) d.add(mark);
    mark.points.clear();
  };
  for (std::size_t i = 0; i < line.at.size(); ++i) {
    if (std::isfinite(line.at[i]))
      mark.points.push_back({plot.left + static_cast<double>(i) * gap, plot.bottom - std::clamp(line.at[i], 0.0, 1.0) * plot.height()});
    else
      finish();  // a value that this trial did not have
  }
  finish();
}

}  // namespace

void draw_panel(Drawing& drawing, const ParallelPanel& panel, Box box) {
  const Box plot{box.left + 50, box.top + (panel.title.empty() ? 12 : 40), box.right - 66, box.bottom - 40};
  const double gap = panel.axes.size() > 1 ? plot.width() / static_cast<double>(panel.axes.size() - 1) : 0;
  for (const auto& line : panel.lines) draw_line(drawing, line, plot, gap);
  for (std::size_t i = 0; i < panel.axes.size(); ++i) {
    const double x = plot.left + static_cast<double>(i) * gap;
    drawing.add(Line{.points = {{x, plot.top}, {x, plot.bottom}}, .color = ink, .width = 1});
    for (const auto& [share, label] : panel.axes[i].ticks) {
      const double y = plot.bottom - share * plot.height();
      drawing.add(Line{.points = {{x - 3, y}, {x + 3, y}}, .color = ink, .width = 1});
      const std::string text = shortened(label, std::max(gap - 10, 40.0), text_size);
      Color paper = white;
      paper.alpha = 0.8;
      drawing.add(rectangle({x + 4, y - 7, x + 8 + text_width(text, text_size), y + 6}, paper));
      drawing.add(Label{.text = text, .at = {x + 6, y + text_size * 0.36}, .size = text_size});
    }
    // Names of neighbours stand on two heights where they would touch.
    const double down = i % 2 == 0 || gap > 110 ? 18 : 32;
    drawing.add(Label{.text = shortened(panel.axes[i].name, std::max(2 * gap - 10, 60.0), text_size),
                      .at = {x, plot.bottom + down},
                      .size = text_size,
                      .align = Align::center,
                      .bold = true});
  }
  if (!panel.title.empty())
    drawing.add(Label{.text = panel.title, .at = {(plot.left + plot.right) / 2, plot.top - 16}, .size = 15, .align = Align::center});
}

}  // namespace lehr::plot
