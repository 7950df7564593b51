// plan_cache.h: what --autotune measured, kept on disk, so that a second run takes the same engines and gives the same bits.
// One line a choice, appended by one write: `lehr-plan 1 <checksum> engine=41 knobs=2:5,13:0 key=<key>`. The last line of a key holds.
// A line that is torn, damaged or of another format is passed over.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/cuda/cudnn/engines.h"
#include "kernels/cuda/cudnn/race.h"

namespace lehr::cudnn {

/// Where a choice holds: another library, device or driver measures anew.
struct Place {
  std::size_t cudnn_version = 0;
  std::string device = {};
  int multiprocessors = 0;
  int driver = 0;
};
std::string key_of(const Place& place, const ConvGraphSpec& graph, bool deterministic);

class PlanCache {
 public:
  /// A missing or unreadable file is an empty cache; the folder is made when something is to be remembered.
  explicit PlanCache(std::filesystem::path file);
  std::optional<EngineChoice> find(const std::string& key) const;
  /// False where it could not be written: then the choice holds for this run only.
  bool remember(const std::string& key, const EngineChoice& choice);
  std::size_t size() const { return choices_.size(); }

  /// $LEHR_CACHE, $XDG_CACHE_HOME/lehr or ~/.cache/lehr, and in it cudnn-plans.txt.
  static std::filesystem::path default_file();

 private:
  std::filesystem::path file_;
  std::map<std::string, EngineChoice> choices_;
};

/// One line of the file, without its end; empty where it says nothing.
std::string line_of(const std::string& key, const EngineChoice& choice);
std::optional<std::pair<std::string, EngineChoice>> parse_line(std::string_view line);

/// How long a plan takes; one that throws Error is left out, which is said in one line.
struct Measurement {
  std::function<double(const EnginePlan&)> seconds_of = {};
  std::function<void(const std::string&)> say = say_on_stderr;
};
/// The plan that runs: without a measurement the first of the heuristic's list; with it (--autotune) the choice remembered under `key`, or the
/// fastest of the first `most`, which is then remembered. Empty where cuDNN has no plan that the policy allows; Error{device} where it has some
/// and none of them runs.
std::optional<EnginePlan> choose_plan(const ConvGraph& graph, const EnginePolicy& policy);
std::optional<EnginePlan> choose_plan(const ConvGraph& graph, const EnginePolicy& policy, PlanCache& cache, const std::string& key,
                                      const Measurement& measurement, std::size_t most = 12);

}  // namespace lehr::cudnn
