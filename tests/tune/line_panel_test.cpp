// Lines of a chart: where they break, and where they leave the frame.
#include <doctest/doctest.h>

#include <cmath>

#include "tune/plot/figure.h"
#include "tune/plot/panels.h"

using namespace lehr;
using namespace lehr::plot;

namespace {

constexpr Color of_series = {1, 2, 3};

struct Drawn {
  std::vector<Line> lines;
  std::vector<Disc> discs;
};

/// What is drawn of one series in a panel whose frame reaches from 0 to 10.
Drawn drawn(std::vector<double> y) {
  std::vector<double> x(y.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  Drawing drawing;
  draw_panel(drawing, LinePanel{.series = {{.x = x, .y = std::move(y), .color = of_series}}, .y_low = 0, .y_high = 10}, {0, 0, 640, 480});
  Drawn out;
  for (const auto& mark : drawing.marks) {
    if (const auto* line = std::get_if<Line>(&mark); line != nullptr && line->color == of_series) out.lines.push_back(*line);
    if (const auto* disc = std::get_if<Disc>(&mark); disc != nullptr && disc->color == of_series) out.discs.push_back(*disc);
  }
  return out;
}

double slope(Point a, Point b) { return (b.y - a.y) / (b.x - a.x); }

}  // namespace

TEST_CASE("line panel: a line ends where it leaves the frame and begins where it comes back, without a bend") {
  const Drawn inside = drawn({2, 8, 2, 8, 2});
  REQUIRE(inside.lines.size() == 1);
  REQUIRE(inside.lines[0].points.size() == 5);
  const double steep = slope(inside.lines[0].points[0], inside.lines[0].points[1]) / 6;  // of one unit

  const Drawn out = drawn({2, 8, 30, 8, 2});
  REQUIRE(out.lines.size() == 2);
  REQUIRE(out.lines[0].points.size() == 3);
  REQUIRE(out.lines[1].points.size() == 3);
  CHECK(slope(out.lines[0].points[1], out.lines[0].points[2]) == doctest::Approx(22 * steep));
  CHECK(slope(out.lines[1].points[0], out.lines[1].points[1]) == doctest::Approx(-22 * steep));
  CHECK(out.lines[0].points[2].y == doctest::Approx(out.lines[1].points[0].y));

  const Drawn through = drawn({-20, 30, 40, -15, -20});  // up through the frame, along above it, down through it
  REQUIRE(through.lines.size() == 2);
  CHECK(through.lines[0].points.size() == 2);
  CHECK(slope(through.lines[0].points[0], through.lines[0].points[1]) == doctest::Approx(50 * steep));
  CHECK(drawn({30, 40, 30}).lines.empty());
}

TEST_CASE("line panel: a gap breaks a line, a point between gaps is a disc") {
  const Drawn gap = drawn({1, 2, NAN, 4, NAN, 6, 7});
  REQUIRE(gap.lines.size() == 2);
  CHECK(gap.lines[0].points.size() == 2);
  CHECK(gap.lines[1].points.size() == 2);
  REQUIRE(gap.discs.size() == 1);
  CHECK(drawn({5}).discs.size() == 1);
  CHECK(drawn({50}).discs.size() == 1);
}
