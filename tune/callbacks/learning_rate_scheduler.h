// learning_rate_scheduler.h: sets the rate at the begin of every epoch, as Keras calls schedule(epoch, rate).
#pragma once

#include "optim/schedule_catalogue.h"
#include "tune/callback.h"

namespace lehr {

struct LearningRateScheduler {
  static constexpr SpecInfo info{.name = "learning_rate_scheduler",
                                 .class_name = "LearningRateScheduler",
                                 .summary = "sets the rate at every epoch's begin",
                                 .formula = "rate = schedule(epoch, rate)"};
  Required<Schedule> schedule = {};
  int verbose = 0;
  template <class Self, class F>
  static void fields(Self& self, F&& f) {
    f("schedule", self.schedule, "a schedule, or a formula of epoch, lr, initial, epochs");
    f("verbose", self.verbose, "1: say what it sets");
  }
};
std::unique_ptr<Callback> make_callback(const LearningRateScheduler& spec);

}  // namespace lehr
