// schedule_catalogue.h: the schedules that have a name, and schedules from text. A new schedule is one line in schedule_catalogue.cpp.
#pragma once

#include "engine/spec/catalogue.h"
#include "optim/schedule.h"

namespace lehr {

const Catalogue<Schedule>& schedule_catalogue();

/// A spec of the catalogue, a formula (quoted or not), or a number: that rate all the time.
Schedule schedule_from(const SpecValue& value);
Schedule schedule_from_text(std::string_view text, std::string_view what);  ///< `what`: the flag it came from

template <>
struct SpecConvert<Schedule> {
  static Schedule from(const SpecValue& value) { return schedule_from(value); }
  static SpecValue to(const Schedule& schedule) { return schedule.text(); }
  static std::string expects() { return "a schedule, a formula or a number"; }
};

}  // namespace lehr
