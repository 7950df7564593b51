#include "tune/plot/terminal_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tune/plot/axis.h"
#include "tune/plot/dot_grid.h"
#include "tune/utf8.h"

namespace lehr::plot {

namespace {

std::vector<double> all_of(const LinePanel& panel, std::vector<double> Series::* member) {
  std::vector<double> out;
  for (const auto& s : panel.series) out.insert(out.end(), (s.*member).begin(), (s.*member).end());
  return out;
}

std::string right_aligned(const std::string& text, std::size_t width) {
  const std::size_t used = characters(text);
  return std::string(width > used ? width - used : 0, ' ') + text;
}

void draw_series(DotGrid& grid, const Series& s, std::size_t index, const Axis& x, const Axis& y) {
  double last_x = NAN;
  double last_y = NAN;
  for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    const double px = x.pixel(s.x[i]);
    const double py = std::clamp(y.pixel(s.y[i]), -1.0, static_cast<double>(grid.height()));
    const bool shown = std::isfinite(px) && std::isfinite(s.y[i]) && std::isfinite(py);
    if (shown) grid.line(std::isfinite(last_x) ? last_x : px, std::isfinite(last_x) ? last_y : py, px, py, index);
    last_x = shown ? px : NAN;
    last_y = py;
  }
}

std::string legend(const LinePanel& panel, const Terminal& t) {
  std::string out;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const std::string sample = t.utf8 ? "━━" : std::string(2, series_letter(i));
    if (!panel.series[i].name.empty()) out += (out.empty() ? "" : "   ") + colored(sample, i, t.color) + " " + panel.series[i].name;
  }
  return out;
}

/// Numbers under their columns; one that would touch the last is left out.
std::string number_row(const Ticks& ticks, const Axis& x, int across, std::size_t columns) {
  std::string out;
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    const auto middle = std::lround(x.pixel(ticks.at[i])) / across;
    const auto begin = std::max<long>(0, middle - static_cast<long>(ticks.labels[i].size() / 2));
    if (begin < static_cast<long>(out.size() + (out.empty() ? 0 : 2)) ||
        static_cast<std::size_t>(begin) + ticks.labels[i].size() > columns + 2)
      continue;
    out += std::string(static_cast<std::size_t>(begin) - out.size(), ' ') + ticks.labels[i];
  }
  return out;
}

}  // namespace

std::string terminal_chart(const LinePanel& panel, const Terminal& t, int rows) {
  const Extent xs = extent_of(all_of(panel, &Series::x), panel.log_x, 0);
  const Extent raw = extent_of(all_of(panel, &Series::y), panel.log_y, 0.02);
  const Extent ys{panel.y_low.value_or(raw.low), panel.y_high.value_or(raw.high)};
  rows = std::clamp(rows, 3, 60);
  const Ticks y_ticks = Axis(ys.low, ys.high, panel.log_y, 0, 1).ticks(std::max(2, rows / 3), false);
  std::size_t margin = 1;
  for (const auto& label : y_ticks.labels) margin = std::max(margin, label.size());
  const int columns = std::max(10, std::min(t.width, 100) - static_cast<int>(margin) - 3);

  DotGrid grid(columns, rows, t.utf8);
  const Axis x(xs.low, xs.high > xs.low ? xs.high : xs.low + 1, panel.log_x, 0, grid.width() - 1);
  const Axis y(ys.low, ys.high, panel.log_y, grid.height() - 1, 0);
  for (std::size_t i = 0; i < panel.series.size(); ++i) draw_series(grid, panel.series[i], i, x, y);

  std::vector<std::string> labels(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < y_ticks.at.size(); ++i) {
    const auto row = std::lround(y.pixel(y_ticks.at[i])) / (t.utf8 ? 4 : 1);
    if (row >= 0 && row < rows) labels[static_cast<std::size_t>(row)] = y_ticks.labels[i];
  }
  std::string out = panel.title.empty() ? "" : std::string(margin + 2, ' ') + panel.title + "\n";
  for (int row = 0; row < rows; ++row) {
    const auto& label = labels[static_cast<std::size_t>(row)];
    const std::string wall = t.utf8 ? (label.empty() ? "│" : "┤") : (label.empty() ? "|" : "+");
    std::string line = right_aligned(label, margin) + " " + wall + grid.row(row, t.color);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  out += std::string(margin + 1, ' ') +
         (t.utf8 ? "└" + repeated("─", static_cast<std::size_t>(columns)) : "+" + std::string(static_cast<std::size_t>(columns), '-')) +
         "\n";
  Ticks x_ticks = x.ticks(std::max(2, columns / 10), panel.whole_x);
  const std::vector<double> all_x = all_of(panel, &Series::x);
  if (panel.whole_x && !all_x.empty()) x_ticks = from_first(std::move(x_ticks), *std::min_element(all_x.begin(), all_x.end()));
  out += std::string(margin + 2, ' ') + number_row(x_ticks, x, t.utf8 ? 2 : 1, static_cast<std::size_t>(columns)) + "\n";
  const std::string names = legend(panel, t);
  return names.empty() ? out : out + std::string(margin + 2, ' ') + names + "\n";
}

std::string sparkline(const std::vector<double>& values, const Terminal& t) {
  constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<const char*, 8> plain{"_", ".", "-", "~", "=", "+", "*", "#"};
  const Extent range = extent_of(values, false, 0);
  const std::size_t width = static_cast<std::size_t>(std::max(1, t.width));
  const std::size_t count = std::min(values.size(), width);
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const double v = values[i * values.size() / count];
    const double share = range.high > range.low ? (v - range.low) / (range.high - range.low) : 0.0;
    const auto level = static_cast<std::size_t>(std::clamp(share * 7.999, 0.0, 7.0));
    out += !std::isfinite(v) ? "?" : t.utf8 ? blocks.at(level) : plain.at(level);
  }
  return out;
}

std::string terminal_bars(const BarPanel& panel, const Terminal& t) {
  constexpr std::array<const char*, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  std::size_t names = panel.reference ? characters(panel.reference_name) : 0;
  double most = panel.reference.value_or(0.0);
  for (const auto& bar : panel.bars) {
    names = std::max(names, characters(bar.name));
    if (std::isfinite(bar.value)) most = std::max(most, bar.value);
  }
  names = std::min<std::size_t>(names, 40);
  const int room = std::max(8, std::min(t.width, 100) - static_cast<int>(names) - 12);
  const auto row = [&](const std::string& name, double value, std::size_t series) {
    const double length = most > 0 && std::isfinite(value) ? std::max(0.0, value / most * room) : 0.0;
    const auto whole = static_cast<std::size_t>(length);
    const auto rest = static_cast<std::size_t>((length - static_cast<double>(whole)) * 8);
    const std::string bar =
        t.utf8 ? repeated("█", whole) + eighths.at(rest) : std::string(static_cast<std::size_t>(std::lround(length)), '#');
    return fitted(name, names) + (t.utf8 ? " │" : " |") + colored(bar, series, t.color) + fmt::format(" {:.4g}\n", value);
  };
  std::string out = panel.title.empty() ? "" : panel.title + "\n";
  for (std::size_t i = 0; i < panel.bars.size(); ++i) out += row(panel.bars[i].name, panel.bars[i].value, i);
  if (panel.reference) out += row(panel.reference_name, *panel.reference, panel.bars.size());
  return out;
}

}  // namespace lehr::plot
