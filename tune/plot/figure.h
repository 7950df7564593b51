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

using Panel = std::variant<LinePanel, BarPanel, HeatPanel>;

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
