#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tune/plot/axis.h"
#include "tune/plot/outline_font.h"
#include "tune/plot/panels.h"

namespace lehr::plot {

namespace {

constexpr double tick_size = 12;
constexpr double label_size = 13;
constexpr double title_size = 15;

std::vector<double> all_of(const LinePanel& panel, std::vector<double> Series::* member) {
  std::vector<double> out;
  for (const auto& s : panel.series) out.insert(out.end(), (s.*member).begin(), (s.*member).end());
  return out;
}

/// Everything about one panel that its parts share.
struct Layout {
  Box plot;
  Axis x, y;
  Ticks x_ticks, y_ticks;
};

Extent horizontal_extent(const LinePanel& panel) {
  if (!panel.x_names.empty()) return {-0.5, static_cast<double>(panel.x_names.size()) - 0.5};
  if (panel.field) return {panel.field->x_low, panel.field->x_high};
  return extent_of(all_of(panel, &Series::x), panel.log_x, 0.03);
}

Extent vertical_extent(const LinePanel& panel) {
  if (!panel.y_names.empty()) return {-0.5, static_cast<double>(panel.y_names.size()) - 0.5};
  if (panel.field) return {panel.field->y_low, panel.field->y_high};
  std::vector<double> all = all_of(panel, &Series::y);
  for (const auto& band : panel.bands)
    for (const auto* edge : {&band.low, &band.high}) all.insert(all.end(), edge->begin(), edge->end());
  const Extent found = extent_of(all, panel.log_y, 0.05);
  return {panel.y_low.value_or(found.low), panel.y_high.value_or(found.high)};
}

Ticks name_ticks(const std::vector<std::string>& names, double room) {
  Ticks out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.at.push_back(static_cast<double>(i));
    out.labels.push_back(shortened(names[i], room, tick_size));
  }
  return out;
}

Layout lay_out(const LinePanel& panel, Box box) {
  const Extent xs = horizontal_extent(panel), ys = vertical_extent(panel);
  Box plot{box.left, box.top + (panel.title.empty() ? 10 : 32), box.right - 16, box.bottom - (panel.x_label.empty() ? 26 : 48)};
  const int rows = std::max(3, static_cast<int>(plot.height() / 52));
  const Ticks y_ticks =
      panel.y_names.empty() ? Axis(ys.low, ys.high, panel.log_y, 0, 1).ticks(rows, false) : name_ticks(panel.y_names, 110);
  double widest = 0;
  for (const auto& label : y_ticks.labels) widest = std::max(widest, text_width(label, tick_size));
  plot.left += widest + 10 + (panel.y_label.empty() ? 4 : 24);
  const int columns = std::max(3, static_cast<int>(plot.width() / 60));
  const Axis x(xs.low, xs.high, panel.log_x, plot.left, plot.right);
  Ticks x_ticks = panel.x_names.empty() ? x.ticks(columns, panel.whole_x)
                                        : name_ticks(panel.x_names, plot.width() / static_cast<double>(panel.x_names.size()) - 6);
  const std::vector<double> all_x = all_of(panel, &Series::x);
  if (panel.whole_x && !all_x.empty()) x_ticks = from_first(std::move(x_ticks), *std::min_element(all_x.begin(), all_x.end()));
  return {plot, x, Axis(ys.low, ys.high, panel.log_y, plot.bottom, plot.top), std::move(x_ticks), y_ticks};
}

void draw_grid(Drawing& d, const Layout& l) {
  const Line grid{.color = grid_gray, .width = 0.8, .dashes = {3.7, 1.6}};
  Color faint = grid_gray;
  faint.alpha = 0.35;
  const auto vertical = [&](double at, Line line) {
    line.points = {{l.x.pixel(at), l.plot.bottom}, {l.x.pixel(at), l.plot.top}};
    d.add(std::move(line));
  };
  const auto horizontal = [&](double at, Line line) {
    line.points = {{l.plot.left, l.y.pixel(at)}, {l.plot.right, l.y.pixel(at)}};
    d.add(std::move(line));
  };
  for (const double at : l.x_ticks.minor) vertical(at, {.color = faint, .width = 0.6});
  for (const double at : l.y_ticks.minor) horizontal(at, {.color = faint, .width = 0.6});
  for (const double at : l.x_ticks.at) vertical(at, grid);
  for (const double at : l.y_ticks.at) horizontal(at, grid);
}

void draw_frame(Drawing& d, const LinePanel& panel, const Layout& l) {
  const Box& p = l.plot;
  d.add(Line{
      .points = {{p.left, p.top}, {p.right, p.top}, {p.right, p.bottom}, {p.left, p.bottom}, {p.left, p.top}}, .color = ink, .width = 1});
  for (std::size_t i = 0; i < l.x_ticks.at.size(); ++i) {
    const double x = l.x.pixel(l.x_ticks.at[i]);
    d.add(Line{.points = {{x, p.bottom}, {x, p.bottom + 4}}, .color = ink, .width = 1});
    d.add(Label{.text = l.x_ticks.labels[i], .at = {x, p.bottom + 18}, .size = tick_size, .align = Align::center});
  }
  for (std::size_t i = 0; i < l.y_ticks.at.size(); ++i) {
    const double y = l.y.pixel(l.y_ticks.at[i]);
    d.add(Line{.points = {{p.left - 4, y}, {p.left, y}}, .color = ink, .width = 1});
    d.add(Label{.text = l.y_ticks.labels[i], .at = {p.left - 8, y + tick_size * 0.36}, .size = tick_size, .align = Align::right});
  }
  const double middle = (p.left + p.right) / 2;
  if (!panel.title.empty()) d.add(Label{.text = panel.title, .at = {middle, p.top - 11}, .size = title_size, .align = Align::center});
  if (!panel.x_label.empty())
    d.add(Label{.text = panel.x_label, .at = {middle, p.bottom + 38}, .size = label_size, .align = Align::center});
  if (!panel.y_label.empty()) {
    double widest = 0;
    for (const auto& label : l.y_ticks.labels) widest = std::max(widest, text_width(label, tick_size));
    d.add(Label{.text = panel.y_label,
                .at = {p.left - 16 - widest, (p.top + p.bottom) / 2},
                .size = label_size,
                .align = Align::center,
                .upward = true});
  }
}

Point clamped(Point p, const Box& box) { return {p.x, std::clamp(p.y, box.top - 3, box.bottom + 3)}; }

void draw_field(Drawing& d, const Field& f, const Layout& l) {
  const std::size_t rows = f.columns > 0 ? f.shares.size() / f.columns : 0;
  Array image(Shape{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(f.columns), 3}, DType::u8);
  const auto pixels = image.as<std::uint8_t>();
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < f.columns; ++column) {
      const Color color = heat_color(f.shares[(rows - 1 - row) * f.columns + column]);
      const std::size_t at = 3 * (row * f.columns + column);
      pixels[at] = color.red;
      pixels[at + 1] = color.green;
      pixels[at + 2] = color.blue;
    }
  if (rows > 0) d.add(Picture{.image = std::move(image), .box = l.plot});
}

void draw_band(Drawing& d, const Band& band, const Layout& l) {
  Area area{.color = band.color};
  const auto add = [&](double x, double y) {
    const Point p{l.x.pixel(x), l.y.pixel(y)};
    if (std::isfinite(p.x) && std::isfinite(p.y)) area.points.push_back({p.x, std::clamp(p.y, l.plot.top, l.plot.bottom)});
  };
  for (std::size_t i = 0; i < band.x.size(); ++i) add(band.x[i], band.high[i]);
  for (std::size_t i = band.x.size(); i-- > 0;) add(band.x[i], band.low[i]);
  if (area.points.size() > 2) d.add(std::move(area));
}

void draw_dots(Drawing& d, const Series& s, const Layout& l) {
  for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    const Point p{l.x.pixel(s.x[i]), l.y.pixel(s.y[i])};
    if (std::isfinite(p.x) && std::isfinite(p.y))
      d.add(Disc{.center = clamped(p, l.plot), .radius = s.width * 2, .color = s.color, .edge = white, .edge_width = 0.7});
  }
}

/// The piece of a segment between two heights as shares of its length; first > second where there is none.
std::pair<double, double> piece_between(Point a, Point b, double top, double bottom) {
  if (a.y == b.y) return a.y < top || a.y > bottom ? std::pair{1.0, 0.0} : std::pair{0.0, 1.0};
  const double at_top = (top - a.y) / (b.y - a.y), at_bottom = (bottom - a.y) / (b.y - a.y);
  return {std::max(0.0, std::min(at_top, at_bottom)), std::min(1.0, std::max(at_top, at_bottom))};
}

/// Lines end where they leave the frame; a point alone above or below it is shown at its edge.
void draw_series(Drawing& d, const Series& s, const Layout& l) {
  if (s.dots) return draw_dots(d, s, l);
  const std::vector<double> dashes = s.dashed ? std::vector<double>{6, 3} : std::vector<double>{};
  Line line{.color = s.color, .width = s.width, .dashes = dashes};
  const auto finish = [&] {
    if (line.points.size() > 1) d.add(line);
    line.points.clear();
  };
  const auto point = [&](std::size_t i) {
    return i < std::min(s.x.size(), s.y.size()) ? Point{l.x.pixel(s.x[i]), l.y.pixel(s.y[i])} : Point{NAN, NAN};
  };
  const auto there = [](Point p) { return std::isfinite(p.x) && std::isfinite(p.y); };
  bool joined = false;  // to the point before
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    const Point a = point(i), b = point(i + 1);
    if (!there(a)) continue;
    if (!there(b)) {
      if (!joined) d.add(Disc{.center = clamped(a, l.plot), .radius = s.width * 1.5, .color = s.color});
      finish();
    } else {
      const auto [from, to] = piece_between(a, b, l.plot.top - 3, l.plot.bottom + 3);
      const auto at = [&](double share) { return Point{a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share}; };
      if (from > to || from > 0) finish();
      if (from <= to) {
        if (line.points.empty()) line.points.push_back(at(from));
        line.points.push_back(at(to));
      }
      if (to < 1) finish();
    }
    joined = there(b);
  }
}

/// How much of the lines a box would hide: points along every segment that fall into it.
double hidden_by(const Box& box, const LinePanel& panel, const Layout& l) {
  double out = 0;
  for (const auto& s : panel.series)
    for (std::size_t i = 0; i + 1 < std::min(s.x.size(), s.y.size()); ++i) {
      const Point a{l.x.pixel(s.x[i]), l.y.pixel(s.y[i])};
      const Point b{l.x.pixel(s.x[i + 1]), l.y.pixel(s.y[i + 1])};
      const double length = std::hypot(b.x - a.x, b.y - a.y);
      if (!std::isfinite(length)) continue;  // a gap
      const int pieces = static_cast<int>(std::clamp(length / 4, 1.0, 200.0));
      for (int k = 0; k < pieces; ++k) {
        const double t = static_cast<double>(k) / pieces;
        const Point p{a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
        out += p.x > box.left - 4 && p.x < box.right + 4 && p.y > box.top - 4 && p.y < box.bottom + 4 ? 1 : 0;
      }
    }
  return out;
}

bool overlap(const Box& a, const Box& b) { return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom; }

/// Of the corners and some places between, the one that hides least; ties go to the first.
Box free_place(double width, double height, const LinePanel& panel, const Layout& l, const std::vector<Box>& taken) {
  const Box& p = l.plot;
  const double across = p.width() - 16 - width;
  const double down = p.height() - 16 - height;
  Box best{};
  double least = std::numeric_limits<double>::infinity();
  for (const double row : {0.0, 1.0, 0.5, 0.25, 0.75})
    for (const double column : {1.0, 0.0, 0.5, 0.25, 0.75}) {
      const Point at{p.left + 8 + column * across, p.top + 8 + row * down};
      const Box box{at.x, at.y, at.x + width, at.y + height};
      double cost = hidden_by(box, panel, l);
      for (const auto& other : taken) cost += overlap(box, other) ? 1000 : 0;
      if (cost < least) {
        least = cost;
        best = box;
      }
    }
  return best;
}

Box draw_legend(Drawing& d, const LinePanel& panel, const Layout& l) {
  double widest = 0;
  std::size_t count = 0;
  for (const auto& s : panel.series) {
    widest = std::max(widest, text_width(s.name, tick_size));
    count += s.name.empty() ? 0 : 1;
  }
  if (count == 0) return {};
  const Box box = free_place(widest + 50, static_cast<double>(count) * 18 + 8, panel, l, {});
  Color paper = white;
  paper.alpha = 0.85;
  d.add(rectangle(box, paper));
  d.add(Line{.points = {{box.left, box.top}, {box.right, box.top}, {box.right, box.bottom}, {box.left, box.bottom}, {box.left, box.top}},
             .color = {204, 204, 204},
             .width = 1});
  double y = box.top + 13;
  for (const auto& s : panel.series) {
    if (s.name.empty()) continue;
    if (s.dots)
      d.add(Disc{.center = {box.left + 21.5, y}, .radius = s.width * 2, .color = s.color, .edge = white, .edge_width = 0.7});
    else
      d.add(Line{.points = {{box.left + 9, y}, {box.left + 34, y}},
                 .color = s.color,
                 .width = s.width,
                 .dashes = s.dashed ? std::vector<double>{6, 3} : std::vector<double>{}});
    d.add(Label{.text = s.name, .at = {box.left + 42, y + tick_size * 0.36}, .size = tick_size});
    y += 18;
  }
  return box;
}

void draw_marker(Drawing& d, const Marker& m, const LinePanel& panel, const Layout& l, std::vector<Box>& taken) {
  const Point at = clamped({l.x.pixel(m.x), l.y.pixel(m.y)}, l.plot);
  if (!std::isfinite(at.x) || !std::isfinite(at.y)) return;
  Color thin = m.color;
  thin.alpha = 0.55;
  d.add(Line{.points = {{at.x, l.plot.bottom}, {at.x, l.plot.top}}, .color = thin, .width = 1, .dashes = {2, 3}});
  d.add(Disc{.center = at, .radius = 4.5, .color = m.color, .edge = white, .edge_width = 1.5});
  const double width = text_width(m.text, tick_size) + 10;
  Box best{};
  double least = std::numeric_limits<double>::infinity();
  for (const double dy : {-28.0, 10.0, -52.0, 34.0, -80.0, 60.0})
    for (const double x : {at.x + 6, at.x - 6 - width}) {
      const Box box{x, at.y + dy, x + width, at.y + dy + 18};
      if (box.left < l.plot.left + 2 || box.right > l.plot.right - 2 || box.top < l.plot.top + 2 || box.bottom > l.plot.bottom - 2)
        continue;
      double cost = hidden_by(box, panel, l) + 0.2 * std::abs(dy + 9) / 10;
      for (const auto& other : taken) cost += overlap(box, other) ? 1000 : 0;
      if (cost < least) {
        least = cost;
        best = box;
      }
    }
  if (!std::isfinite(least)) return;
  Color paper = white;
  paper.alpha = 0.85;
  d.add(rectangle(best, paper));
  d.add(Label{.text = m.text, .at = {best.left + 5, best.bottom - 5}, .size = tick_size, .color = m.color});
  taken.push_back(best);
}

}  // namespace

void draw_panel(Drawing& drawing, const LinePanel& panel, Box box) {
  const Layout l = lay_out(panel, box);
  if (panel.field) draw_field(drawing, *panel.field, l);
  for (const auto& band : panel.bands) draw_band(drawing, band, l);
  if (!panel.field) draw_grid(drawing, l);
  for (const auto& s : panel.series) draw_series(drawing, s, l);
  draw_frame(drawing, panel, l);
  std::vector<Box> taken{draw_legend(drawing, panel, l)};
  for (const auto& m : panel.markers) draw_marker(drawing, m, panel, l, taken);
}

}  // namespace lehr::plot
