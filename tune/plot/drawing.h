// drawing.h: a picture as a list of marks, before it becomes SVG text or pixels. Coordinates in pixels, y downwards.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/array.h"
#include "tune/plot/color.h"

namespace lehr::plot {

struct Point {
  double x = 0.0, y = 0.0;
};
struct Box {
  double left = 0.0, top = 0.0, right = 0.0, bottom = 0.0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

struct Line {
  std::vector<Point> points = {};
  Color color = ink;
  double width = 1.0;
  std::vector<double> dashes = {};  ///< on, off, … in pixels; empty: solid
};
struct Area {  ///< filled polygon
  std::vector<Point> points = {};
  Color color = ink;
};
struct Disc {
  Point center = {};
  double radius = 3.0;
  Color color = ink;
  Color edge = white;
  double edge_width = 0.0;
};
enum class Align { left, center, right };
struct Label {
  std::string text = {};
  Point at = {};  ///< on the baseline
  double size = 12.0;
  Align align = Align::left;
  bool bold = false;
  bool upward = false;  ///< turned by 90 degrees, as an axis title on the left
  Color color = ink;
};
struct Picture {  ///< uint8 (height, width, 1 or 3), stretched into the box by nearest pixels
  Array image = {};
  Box box = {};
};

using Mark = std::variant<Line, Area, Disc, Label, Picture>;

struct Drawing {
  double width = 640, height = 480;
  Color background = white;
  std::vector<Mark> marks = {};
  void add(Mark mark);
};

Area rectangle(Box box, Color color);

}  // namespace lehr::plot
