// schedule_picture.h: learning rates before training: numbers, one chart for several schedules.
#pragma once

#include <string>
#include <vector>

#include "engine/json.h"
#include "optim/schedule.h"
#include "tune/plot/figure.h"

namespace lehr {

struct NamedSchedule {
  std::string name;  ///< as typed
  Schedule schedule;
};

/// {"epoch", "step", "learning_rate"}: the first step of each epoch.
JsonValue schedule_rates(const Schedule& schedule, const ScheduleRun& run);
/// Every step where it is not too many, a colour each.
plot::LinePanel schedule_panel(const std::vector<NamedSchedule>& schedules, const ScheduleRun& run);

}  // namespace lehr
