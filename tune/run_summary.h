// run_summary.h: what is said when a run ends: to people as text, to scripts as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tune/history.h"
#include "tune/verdict.h"

namespace lehr {

using NamedValues = std::vector<std::pair<std::string, double>>;

struct RunStop {
  std::int64_t epoch = 0;  ///< from 0
  std::string why = {};
};

struct RunSummary {
  std::string run = {};                         ///< the folder; empty where nothing was written
  std::string monitor = {};                     ///< what `best` means: "val_loss"; empty: chosen by summarize
  std::int64_t epochs = 0;                      ///< trained
  std::optional<std::int64_t> best_epoch = {};  ///< from 0
  NamedValues best = {}, last = {};
  std::optional<std::int64_t> restored_epoch = {};  ///< from 0: the weights held are that epoch's; none: the last one's
  std::optional<RunStop> stopped = {};
  std::vector<std::pair<std::string, NamedValues>> evaluations = {};  ///< ("Test", {accuracy, loss})
  double largest_class_share = 0.0;                                   ///< of the evaluated set; 0: unknown
  double seconds = 0.0, samples_per_s = 0.0;
  std::string device = {}, precision = {};
  std::int64_t seed = 0;
  Verdict verdict = {};
  std::vector<std::string> pictures = {};
  std::string continue_command = {};  ///< printed when interrupted
};

/// Epochs, monitor (val_loss, val_accuracy, loss: the first there is), best and last rows filled from the history; the rest left as given.
RunSummary summarize(const History& history, RunSummary given);

std::string report_text(const RunSummary& summary);
/// The document of `fit --json`.
std::string fit_json(const RunSummary& summary, const History& history);

}  // namespace lehr
