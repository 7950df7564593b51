// find_lr_job.h: the whole of `lehr find-lr` as one call: data, a range test for every seed, suggestions with their band, pictures, and the
// candidates trained briefly.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/json.h"
#include "tune/find_lr.h"
#include "tune/fit_job.h"
#include "tune/plot/figure.h"

namespace lehr {

struct FindLrJob {
  FitJob job = {};             ///< model, data, optimizer and the like; its epochs are those of the candidates
  RangeTestOptions test = {};  ///< rates, steps, growth, smoothing; the rest comes from the job
  std::int64_t repeat = 1;     ///< seeds: the job's and those after it
  bool then_fit = false;       ///< train the candidates
};

/// A suggestion over the seeds that have it.
struct RateBand {
  std::string name = {};
  std::optional<double> low = {}, middle = {}, high = {};  ///< middle: the median; of an even number the geometric mean of the middle two
};

/// Suggestions less than a quarter apart are one candidate.
struct RateCandidate {
  std::string name = {};  ///< of the suggestions, joined by " = "
  double rate = 0;
  std::vector<std::pair<std::string, double>> last = {};  ///< of its last epoch; empty where it was not trained
};

struct FindLrReport {
  std::vector<std::uint64_t> seeds = {};
  std::vector<RateTrace> traces = {};  ///< one a seed
  std::vector<RateBand> bands = {};
  std::vector<RateCandidate> candidates = {};  ///< by rate
  std::optional<double> take = {};             ///< of the trained ones: the lowest val_loss, or loss where nothing is validated
  std::vector<std::string> pictures = {}, messages = {};
  double seconds = 0;
};

FindLrReport find_lr(const FindLrJob& job, const FitJobHooks& hooks = {});
/// Its first part: traces, bands and candidates, on data that is loaded.
FindLrReport test_rates(const FindLrJob& job, const Dataset& train, const FitJobHooks& hooks = {});
/// lr_finder.svg, lr_finder.png and lr_finder.json; report.pictures names them.
void write_find_lr(FindLrReport& report, RateGrowth growth, const std::filesystem::path& folder);

std::vector<RateBand> bands_of(const std::vector<RateTrace>& traces, std::int64_t steps);
std::vector<RateCandidate> candidates_of(const std::vector<RateBand>& bands);

/// Loss over rate with the suggestions marked | how fast it changes.
plot::Figure find_lr_figure(const FindLrReport& report, bool log_rates);
JsonValue find_lr_json(const FindLrReport& report);
JsonValue suggestions_json(const std::vector<RateBand>& bands);
/// A line each, with its band where there are several seeds.
std::string suggestions_text(const FindLrReport& report);
std::string find_lr_text(const FindLrReport& report, const FindLrJob& job);

}  // namespace lehr
