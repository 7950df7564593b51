#include "tune/plot/raster.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tune/plot/outline_font.h"
#include "tune/plot/polygon_fill.h"

namespace lehr::plot {

namespace {

using Contours = std::vector<std::vector<Point>>;

std::vector<Point> circle(Point center, double radius) {
  const int corners = std::max(12, static_cast<int>(radius * 4));
  std::vector<Point> out;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::numbers::pi * i / corners;
    out.push_back({center.x + radius * std::cos(angle), center.y + radius * std::sin(angle)});
  }
  return out;
}

/// One stroke's rectangle; counter-clockwise whatever its direction, so that overlaps do not cancel.
void add_stroke(Contours& out, Point a, Point b, double width) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  if (length < 1e-9) return;
  const double nx = -(b.y - a.y) / length * width / 2;
  const double ny = (b.x - a.x) / length * width / 2;
  out.push_back({{a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}});
}

/// The line cut into its dashes; one piece where it is solid.
std::vector<std::vector<Point>> dashed(const Line& line) {
  if (line.dashes.empty() || line.points.size() < 2) return {line.points};
  std::vector<std::vector<Point>> out{{line.points.front()}};
  std::size_t dash = 0;
  double left = line.dashes.front();
  for (std::size_t i = 0; i + 1 < line.points.size(); ++i) {
    Point a = line.points[i];
    const Point b = line.points[i + 1];
    double length = std::hypot(b.x - a.x, b.y - a.y);
    while (length > left) {
      const double t = left / length;
      a = {a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
      length -= left;
      if (dash % 2 == 0) {
        out.back().push_back(a);
      } else {
        out.push_back({a});
      }
      left = line.dashes[++dash % line.dashes.size()];
    }
    left -= length;
    if (dash % 2 == 0) out.back().push_back(b);
  }
  std::erase_if(out, [](const auto& piece) { return piece.size() < 2; });
  return out;
}

class Painter {
 public:
  Painter(Pixels& pixels, double scale) : pixels_(pixels), scale_(scale) {}

  void operator()(const Line& line) {
    Contours contours;
    const double width = line.width * scale_;
    for (const auto& piece : dashed(line)) {
      for (std::size_t i = 0; i + 1 < piece.size(); ++i) {
        add_stroke(contours, scaled(piece[i]), scaled(piece[i + 1]), width);
        if (i > 0 && width > 1.2) contours.push_back(circle(scaled(piece[i]), width / 2));  // round joints
      }
    }
    for (auto& contour : contours) orient(contour);
    fill(pixels_, contours, line.color);
  }
  void operator()(const Area& area) {
    Contours contours(1);
    for (const Point p : area.points) contours[0].push_back(scaled(p));
    fill(pixels_, contours, area.color);
  }
  void operator()(const Disc& disc) {
    if (disc.edge_width > 0) fill(pixels_, Contours{circle(scaled(disc.center), (disc.radius + disc.edge_width) * scale_)}, disc.edge);
    fill(pixels_, Contours{circle(scaled(disc.center), disc.radius * scale_)}, disc.color);
  }
  void operator()(const Label& label) {
    Contours contours = text_outline(label.text, label.size * scale_, label.bold);
    const double width = text_width(label.text, label.size * scale_, label.bold);
    const double back = label.align == Align::left ? 0 : label.align == Align::center ? width / 2 : width;
    const Point at = scaled(label.at);
    for (auto& contour : contours)
      for (Point& p : contour) {
        const double along = p.x - back;
        p = label.upward ? Point{at.x + p.y, at.y - along} : Point{at.x + along, at.y + p.y};
      }
    fill(pixels_, contours, label.color);
  }
  void operator()(const Picture& picture) {
    const auto& shape = picture.image.shape();
    const auto bytes = picture.image.as<std::uint8_t>();
    const Box box{picture.box.left * scale_, picture.box.top * scale_, picture.box.right * scale_, picture.box.bottom * scale_};
    const auto channels = shape.rank() == 3 ? shape[2] : 1;
    for (auto y = std::max<std::int64_t>(0, std::llround(box.top)); y < std::min<std::int64_t>(pixels_.height, std::llround(box.bottom));
         ++y)
      for (auto x = std::max<std::int64_t>(0, std::llround(box.left)); x < std::min<std::int64_t>(pixels_.width, std::llround(box.right));
           ++x) {
        const auto row = source(static_cast<double>(y), box.top, box.height(), shape[0]);
        const auto column = source(static_cast<double>(x), box.left, box.width(), shape[1]);
        const auto* p = &bytes[static_cast<std::size_t>((row * shape[1] + column) * channels)];
        const auto last = channels >= 3 ? 1 : 0;
        pixels_.blend(x, y, {p[0], p[last], p[2 * last]}, 1.0);
      }
  }

 private:
  Point scaled(Point p) const { return {p.x * scale_, p.y * scale_}; }
  static std::int64_t source(double at, double begin, double length, std::int64_t extent) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>((at + 0.5 - begin) / length * static_cast<double>(extent)), 0, extent - 1);
  }
  static void orient(std::vector<Point>& contour) {
    double area = 0;
    for (std::size_t i = 0; i < contour.size(); ++i) {
      const Point a = contour[i];
      const Point b = contour[(i + 1) % contour.size()];
      area += a.x * b.y - b.x * a.y;
    }
    if (area < 0) std::reverse(contour.begin(), contour.end());
  }

  Pixels& pixels_;
  double scale_;
};

}  // namespace

Array rasterize(const Drawing& drawing, double scale) {
  Pixels pixels{.width = std::max<std::int64_t>(1, std::llround(drawing.width * scale)),
                .height = std::max<std::int64_t>(1, std::llround(drawing.height * scale))};
  pixels.rgb.reserve(static_cast<std::size_t>(pixels.width * pixels.height * 3));
  for (std::int64_t i = 0; i < pixels.width * pixels.height; ++i)
    pixels.rgb.insert(pixels.rgb.end(), {drawing.background.red, drawing.background.green, drawing.background.blue});
  Painter painter(pixels, scale);
  for (const auto& mark : drawing.marks) std::visit(painter, mark);
  return Array::from<std::uint8_t>({pixels.height, pixels.width, 3}, pixels.rgb);
}

}  // namespace lehr::plot
