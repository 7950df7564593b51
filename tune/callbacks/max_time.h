// max_time.h: ends a run that has trained so long, resumed ones counted from their first begin.
#pragma once

#include "tune/callback.h"

namespace lehr {

/// `90`, `90s`, `10min`, `1.5h`, `2d` or `01:30:00`.
struct Duration {
  double seconds = 0;
};
template <>
struct SpecConvert<Duration> {
  static Duration from(const SpecValue& value);
  static SpecValue to(const Duration& value);
  static std::string expects() { return "a time, as 90s, 10min, 2h or 01:30:00"; }
};

struct MaxTime {
  static constexpr SpecInfo info{.name = "max_time",
                                 .class_name = "MaxTime",
                                 .summary = "stops when the run has trained so long",
                                 .formula = "stop after the batch that ends later than `time` after the run's begin"};
  Required<Duration> time = {};
  int verbose = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("time", self.time, "as 90s, 10min, 2h or 01:30:00");
    f("verbose", self.verbose, "1: say when it stops");
  }
};
std::unique_ptr<Callback> make_callback(const MaxTime& spec);

}  // namespace lehr
