#include "tune/schedule_picture.h"

#include <algorithm>
#include <cmath>

namespace lehr {

JsonValue schedule_rates(const Schedule& schedule, const ScheduleRun& run) {
  const auto curve = schedule.curve(run);
  JsonValue epochs = JsonValue::array(), steps = JsonValue::array(), rates = JsonValue::array();
  for (std::int64_t epoch = 0; static_cast<double>(epoch) < run.epochs; ++epoch) {
    epochs.push_back(epoch);
    steps.push_back(epoch * run.steps_per_epoch);
    rates.push_back(curve->at(epoch * run.steps_per_epoch));
  }
  return JsonValue::object({{"epoch", std::move(epochs)}, {"step", std::move(steps)}, {"learning_rate", std::move(rates)}});
}

plot::LinePanel schedule_panel(const std::vector<NamedSchedule>& schedules, const ScheduleRun& run) {
  constexpr std::int64_t points = 2000;
  plot::LinePanel panel{.title = "LEARNING RATE", .x_label = "Epochs done", .y_label = "Learning rate"};
  const auto steps = std::llround(run.steps());
  const std::int64_t stride = std::max<std::int64_t>(1, steps / points);
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    plot::Series series{.name = schedules[i].name, .color = plot::series_color(i)};
    const auto curve = schedules[i].schedule.curve(run);
    for (std::int64_t step = 0; step < steps; step += stride) {
      series.x.push_back(static_cast<double>(step) / static_cast<double>(run.steps_per_epoch));
      series.y.push_back(curve->at(step));
    }
    panel.series.push_back(std::move(series));
  }
  return panel;
}

}  // namespace lehr
