// figure.h: charts side by side under one title: what is plotted, not how. `draw` lays it out; `write_figure` makes the files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tune/plot/drawing.h"

namespace lehr::plot {

struct Series {
  std::string name = {};               ///< in the legend; empty: not there
  std::vector<double> x = {}, y = {};  ///< NaN breaks the line
  Color color = blue;
  double width = 1.8;
  bool dashed = false;
  bool dots = false;  ///< a disc at every point, no line between
};

/// What lies between two lines, as a deviation on both sides of a mean.
struct Band {
  std::vector<double> x = {}, low = {}, high = {};
  Color color = {176, 196, 240};
};

/// Values over a rectangle, as colours under the lines.
struct Field {
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  std::size_t columns = 0;
  std::vector<double> shares = {};  ///< of full colour, 0 to 1; rows from the lowest y upwards
};

/// A vertical mark with a word, as the best epoch.
struct Marker {
  double x = 0.0;
  double y = 0.0;
  std::string text = {};
  Color color = red;
};

struct LinePanel {
  std::string title = {}, x_label = {}, y_label = {};
  std::vector<Series> series = {};
  std::vector<Marker> markers = {};
  bool log_x = false, log_y = false;
  bool whole_x = false;  ///< ticks at integers only
  std::optional<double> y_low = {}, y_high = {};
  std::vector<Band> bands = {};
  std::optional<Field> field = {};                      ///< its rectangle is the panel's
  std::vector<std::string> x_names = {}, y_names = {};  ///< not empty: values are indices of these
};

struct Bar {
  std::string name = {};
  double value = 0.0;
  double error = 0.0;  ///< half length of the error bar; 0: none
  Color color = blue;
};
struct BarPanel {
  std::string title = {}, y_label = {};
  std::vector<Bar> bars = {};
  std::optional<double> reference = {};  ///< a dashed line across, as always naming the largest class
  std::string reference_name = {};
};

struct HeatPanel {
  std::string title = {}, x_label = {}, y_label = {};
  std::vector<std::string> names = {};  ///< of rows and columns
  std::vector<double> values = {};      ///< names x names, row by row
  std::vector<double> colors = {};      ///< share of full colour for each, 0 … 1
};

/// One upright axis a value, one line a trial across them.
struct ParallelAxis {
  std::string name = {};
  std::vector<std::pair<double, std::string>> ticks = {};  ///< share of the height, label
};
struct ParallelLine {
  std::vector<double> at = {};  ///< share of the height on each axis; NaN: not there
  double share = 0;             ///< of full colour
};
struct ParallelPanel {
  std::string title = {};
  std::vector<ParallelAxis> axes = {};
  std::vector<ParallelLine> lines = {};  ///< the last one is on top
};

using Panel = std::variant<LinePanel, BarPanel, HeatPanel, ParallelPanel>;

struct Figure {
  std::string title = {};
  std::vector<Panel> panels = {};
  int columns = 2;
  double panel_width = 600, panel_height = 400;
};

Drawing draw(const Figure& figure);
/// Either path may be empty: then that file is not written.
void write_drawing(const Drawing& drawing, const std::filesystem::path& svg, const std::filesystem::path& png);
void write_figure(const Figure& figure, const std::filesystem::path& svg, const std::filesystem::path& png);

}  // namespace lehr::plot
