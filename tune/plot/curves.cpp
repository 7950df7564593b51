#include "tune/plot/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lehr::plot {

namespace {

Series series(const History& h, std::string_view column, std::string name, Color color) {
  Series out{.name = std::move(name), .color = color};
  if (!h.has(column)) return {};
  for (std::int64_t i = 0; i < h.epochs(); ++i) {
    out.x.push_back(static_cast<double>(h.rows[static_cast<std::size_t>(i)].epoch + 1));
    out.y.push_back(h.at(column, i));
  }
  return out;
}

/// A loss that exploded once would flatten everything else.
bool wants_log(const LinePanel& panel) {
  std::vector<double> values;
  for (const auto& s : panel.series)
    for (const double v : s.y)
      if (std::isfinite(v)) values.push_back(v);
  if (values.size() < 3) return false;
  std::sort(values.begin(), values.end());
  return values.front() > 0 && values.back() > 20 * values[values.size() / 2];
}

/// Noise of half a per cent should not look like a mountain range: an accuracy's axis spans at least a tenth.
void keep_in_proportion(LinePanel& panel) {
  double low = 1;
  double high = 0;
  for (const auto& s : panel.series)
    for (const double v : s.y) {
      if (!std::isfinite(v)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  if (low < 0 || high > 1 || high < low || high - low > 0.09) return;
  const double middle = std::clamp((low + high) / 2, 0.05, 0.95);
  panel.y_low = middle - 0.052;
  panel.y_high = middle + 0.052;
}

struct Metric {
  std::string name;  ///< "accuracy"
  std::string word;  ///< "Accuracy"
};

LinePanel panel_of(const History& h, const Metric& metric, std::optional<std::int64_t> best) {
  LinePanel panel{.x_label = "Epochs", .y_label = metric.word, .whole_x = true};
  for (const char c : metric.word) panel.title += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (auto& s :
       {series(h, metric.name, "Training " + metric.word, blue), series(h, "val_" + metric.name, "Validation " + metric.word, red)})
    if (!s.x.empty()) panel.series.push_back(s);
  if (metric.name == "loss" && wants_log(panel)) {
    panel.log_y = true;
    panel.y_label += " (log scale)";
  }
  if (metric.name == "accuracy") keep_in_proportion(panel);
  if (!best) return panel;
  const bool validated = h.has("val_" + metric.name);
  const double value = h.at(validated ? "val_" + metric.name : metric.name, *best);
  const auto epoch = h.rows[static_cast<std::size_t>(*best)].epoch + 1;
  panel.markers.push_back({.x = static_cast<double>(epoch),
                           .y = value,
                           .text = fmt::format("best epoch {}: {:.4g}", epoch, value),
                           .color = validated ? red : blue});
  return panel;
}

}  // namespace

Figure curves(const History& history, const std::string& title) {
  Figure out{.title = title};
  const auto best = history.best(history.has("val_loss") ? "val_loss" : "loss", false);
  if (history.has("accuracy")) out.panels.emplace_back(panel_of(history, {"accuracy", "Accuracy"}, best));
  out.panels.emplace_back(panel_of(history, {"loss", "Loss"}, best));
  return out;
}

void write_curves(const History& history, const std::filesystem::path& svg, const std::filesystem::path& png, const std::string& title) {
  write_figure(curves(history, title), svg, png);
}

Figure overlay(const std::vector<std::pair<std::string, History>>& runs, const std::string& title) {
  Figure out{.title = title};
  for (const Metric& metric : {Metric{"accuracy", "Accuracy"}, Metric{"loss", "Loss"}}) {
    const bool validated = std::any_of(runs.begin(), runs.end(), [&](const auto& run) { return run.second.has("val_" + metric.name); });
    LinePanel panel{.x_label = "Epochs", .y_label = (validated ? "Validation " : "Training ") + metric.word, .whole_x = true};
    for (const char c : panel.y_label) panel.title += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (std::size_t i = 0; i < runs.size(); ++i) {
      auto s = series(runs[i].second, (validated ? "val_" : "") + metric.name, runs[i].first, series_color(i));
      s.width = std::max(1.6, 3.2 - 0.3 * static_cast<double>(i));  // of two equal curves the first shows at the edges of the second
      if (!s.x.empty()) panel.series.push_back(std::move(s));
    }
    if (panel.series.empty()) continue;
    if (metric.name == "accuracy") keep_in_proportion(panel);
    if (metric.name == "loss" && wants_log(panel)) {
      panel.log_y = true;
      panel.y_label += " (log scale)";
    }
    out.panels.emplace_back(std::move(panel));
  }
  return out;
}

}  // namespace lehr::plot
