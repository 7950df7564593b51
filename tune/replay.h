// replay.h: what callbacks would have done with a recorded run: they meet its numbers epoch by epoch and act on nothing but the answer.
#pragma once

#include <string>
#include <vector>

#include "tune/callback.h"

namespace lehr {

struct ReplayOptions {
  std::optional<double> learning_rate = {};  ///< before the first epoch; unset: the history's first one
  std::vector<CallbackSpec> callbacks = {};  ///< run in this order
};

struct ReplayedEpoch {
  std::int64_t epoch = 0;    ///< from 0
  double learning_rate = 0;  ///< after its end
  bool stop = false;
  std::vector<Event> events = {};
};

struct Replay {
  std::vector<ReplayedEpoch> epochs = {};           ///< ends at the stop
  std::optional<std::int64_t> restored_epoch = {};  ///< whose weights came back
  std::string why = {};                             ///< it stopped; empty where it did not
  bool rate_assumed = false;                        ///< neither the history nor the caller names a first rate
  std::int64_t recorded_epochs = 0;
  double seconds = 0, recorded_seconds = 0;  ///< NaN where the history has none
};

Replay replay(const History& history, const ReplayOptions& options);
std::string replay_json(const Replay& replay);
std::string replay_text(const Replay& replay);  ///< for people: events, and what was saved

}  // namespace lehr
