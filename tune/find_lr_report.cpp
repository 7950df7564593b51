// What `lehr find-lr` shows: two charts, JSON, a table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/number_text.h"
#include "tune/find_lr_job.h"
#include "tune/format.h"

namespace lehr {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The mean change over the last `window` steps, as keras_lr_finder draws it; NaN before there are so many.
std::vector<double> changes(const std::vector<double>& losses, std::size_t window) {
  std::vector<double> out(losses.size(), nan);
  for (std::size_t i = window; i < losses.size(); ++i) out[i] = (losses[i] - losses[i - window]) / static_cast<double>(window);
  return out;
}

/// A curve's value where its x is nearest.
double value_near(const std::vector<double>& x, const std::vector<double>& y, double at) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::abs(x[i] - at) < std::abs(x[best] - at)) best = i;
  return y.empty() ? 0 : y[best];
}

std::string rate_digits(const std::optional<double>& rate) { return rate ? fmt::format("{:.2g}", *rate) : "-"; }

std::string name_for_people(const std::string& name) {
  if (name == "minimum_10") return "minimum / 10";
  return name == "max_stable" ? "max stable" : name;
}

}  // namespace

plot::Figure find_lr_figure(const FindLrReport& report, bool log_rates) {
  plot::LinePanel loss{.title = "LOSS", .x_label = "Learning rate", .y_label = "Loss", .log_x = log_rates};
  plot::LinePanel change{.title = "CHANGE OF THE LOSS", .x_label = "Learning rate", .y_label = "Change a step", .log_x = log_rates};
  double low = std::numeric_limits<double>::infinity(), high = -low, steep = 0;  // high: of the way down
  for (std::size_t k = 0; k < report.traces.size(); ++k) {
    const RateTrace& t = report.traces[k];
    const plot::Color color = plot::series_color(k);
    const std::string seed = report.traces.size() > 1 ? "seed " + std::to_string(report.seeds[k]) : "smoothed";
    double before = -std::numeric_limits<double>::infinity();
    for (const double v : t.smoothed) {
      if (!std::isfinite(v)) continue;
      before = std::max(before, v);
      if (v > low) continue;
      low = v;
      high = std::max(high, before);
    }
    if (report.traces.size() == 1)
      loss.series.push_back({.name = "batches", .x = t.rates, .y = t.losses, .color = plot::series_color(1), .width = 0.8});
    loss.series.push_back({.name = seed, .x = t.rates, .y = t.smoothed, .color = color});
    const auto slope = changes(t.smoothed, std::max<std::size_t>(1, t.smoothed.size() / 20));
    for (const double v : slope)
      if (std::isfinite(v)) steep = std::max(steep, -v);
    change.series.push_back({.name = seed, .x = t.rates, .y = slope, .color = color});
  }
  // What happens after the turn is larger than all before it, and not what the charts are for.
  if (std::isfinite(low) && high > low) {
    loss.y_low = low - 0.1 * (high - low);
    loss.y_high = high + 0.5 * (high - low);
  }
  if (steep > 0) {
    change.y_low = -1.5 * steep;
    change.y_high = 1.5 * steep;
  }
  for (const auto& band : report.bands)
    if (band.middle)
      loss.markers.push_back({.x = *band.middle,
                              .y = value_near(report.traces.front().rates, report.traces.front().smoothed, *band.middle),
                              .text = name_for_people(band.name)});
  return {.title = "Learning rate range test", .panels = {loss, change}};
}

JsonValue suggestions_json(const std::vector<RateBand>& bands) {
  JsonValue out = JsonValue::object();
  for (const auto& band : bands)
    out.append(band.name,
               band.middle ? JsonValue::object({{"learning_rate", band.middle}, {"low", band.low}, {"high", band.high}}) : JsonValue());
  return out;
}

JsonValue find_lr_json(const FindLrReport& report) {
  JsonValue runs = JsonValue::array();
  for (std::size_t k = 0; k < report.traces.size(); ++k) {
    const RateTrace& t = report.traces[k];
    runs.push_back(JsonValue::object({{"seed", static_cast<std::int64_t>(report.seeds[k])},
                                      {"diverged", t.diverged},
                                      {"learning_rate", t.rates},
                                      {"loss", t.losses},
                                      {"smoothed", t.smoothed}}));
  }
  JsonValue candidates = JsonValue::array();
  for (const auto& c : report.candidates) {
    JsonValue values = JsonValue::object({{"learning_rate", c.rate}, {"suggested_by", c.name}});
    for (const auto& [name, value] : c.last) values.append(name, value);
    candidates.push_back(std::move(values));
  }
  return JsonValue::object({{"suggestions", suggestions_json(report.bands)},
                            {"candidates", std::move(candidates)},
                            {"take", report.take},
                            {"runs", std::move(runs)},
                            {"pictures", report.pictures},
                            {"seconds", report.seconds}});
}

std::string suggestions_text(const FindLrReport& report) {
  std::string out = fmt::format("{:<14} {:>10}   {}\n", "suggestion", "rate",
                                report.seeds.size() > 1 ? fmt::format("over {} seeds", report.seeds.size()) : "");
  for (const auto& band : report.bands) {
    out += fmt::format("{:<14} {:>10}", name_for_people(band.name), rate_digits(band.middle));
    if (report.seeds.size() > 1 && band.middle) out += fmt::format("   {} to {}", rate_digits(band.low), rate_digits(band.high));
    out += '\n';
  }
  return out;
}

std::string find_lr_text(const FindLrReport& report, const FindLrJob& job) {
  std::string out = suggestions_text(report);
  const bool trained = !report.candidates.empty() && !report.candidates.front().last.empty();
  if (trained) {
    out += fmt::format("\nafter {} epochs each:\n", job.job.epochs);
    for (const auto& c : report.candidates) {
      out += fmt::format("{:>10}", fmt::format("{:.2g}", c.rate));
      for (const auto& [name, value] : c.last) out += fmt::format("   {} {}", name, metric_text(value));
      out += fmt::format("   ({})\n", c.name);
    }
  }
  if (report.take)
    out += fmt::format("take {}:  --learning-rate {}\n", number_text(*report.take), number_text(*report.take));
  else if (trained)
    out += "none of them trains; look lower\n";
  else
    out += "\nA range test shows where to look, not what to take: train candidates (--then fit) and their neighbours.\n";
  for (const auto& picture : report.pictures) out += picture + "\n";
  return out;
}

}  // namespace lehr
