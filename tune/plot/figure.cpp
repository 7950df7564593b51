#include "tune/plot/figure.h"

#include <algorithm>

#include "engine/atomic_file.h"
#include "engine/data/image_write.h"
#include "tune/plot/panels.h"
#include "tune/plot/raster.h"
#include "tune/plot/svg.h"

namespace lehr::plot {

Drawing draw(const Figure& figure) {
  const auto count = static_cast<int>(figure.panels.size());
  const int columns = std::clamp(figure.columns, 1, std::max(1, count));
  const int rows = std::max(1, (count + columns - 1) / columns);
  const double head = figure.title.empty() ? 8 : 42;
  Drawing out{.width = columns * figure.panel_width, .height = head + rows * figure.panel_height};
  if (!figure.title.empty())
    out.add(Label{.text = figure.title, .at = {out.width / 2, 28}, .size = 17, .align = Align::center, .bold = true});
  for (int i = 0; i < count; ++i) {
    const double left = i % columns * figure.panel_width;
    const double top = head + i / columns * figure.panel_height;  // NOLINT(bugprone-integer-division): the row
    const Box box{left + 14, top, left + figure.panel_width - 6, top + figure.panel_height - 6};
    std::visit([&](const auto& panel) { draw_panel(out, panel, box); }, figure.panels[static_cast<std::size_t>(i)]);
  }
  return out;
}

void write_drawing(const Drawing& drawing, const std::filesystem::path& svg, const std::filesystem::path& png) {
  constexpr double pixels_a_unit = 1.5;  // sharp on today's screens and in print at column width
  if (!svg.empty()) write_file_atomically(svg, to_svg(drawing));
  if (!png.empty()) write_png(png, rasterize(drawing, pixels_a_unit));
}

void write_figure(const Figure& figure, const std::filesystem::path& svg, const std::filesystem::path& png) {
  write_drawing(draw(figure), svg, png);
}

}  // namespace lehr::plot
