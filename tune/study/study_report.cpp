// A study for people and scripts: its JSON, and the fit command that a trial stands for.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tune/oracles/scores.h"
#include "tune/study/open_study.h"
#include "tune/study/shell_word.h"
#include "tune/study/worker.h"

namespace lehr {

namespace {

std::string quoted_if_needed(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=+:,@%") ==
                                          std::string::npos;
  return plain ? text : shell_word(text);
}

}  // namespace

std::string fit_command(const TuneJob& job, const Space& space, const Trial& trial) {
  std::string out = "lehr fit";
  bool epochs = false;
  for (const auto& s : settings_with_values(job.settings, space, trial.params))
    for (const auto& value : s.values) {
      if (s.flag == "epochs" && trial.stage.epochs > 0) continue;
      epochs = epochs || s.flag == "epochs";
      if (s.flag == "threads") continue;
      out += " --" + s.flag + " " + quoted_if_needed(value);
    }
  out += " --threads " + std::to_string(threads_of(job));  // the trial's share: bits depend on it
  if (!epochs && trial.stage.epochs > 0) out += " --epochs " + std::to_string(trial.stage.epochs);
  return out;
}

namespace {

std::string values_text(const Trial& t) {
  std::string out;
  for (const double v : t.values) out += fmt::format("{:<10.5g} ", v);
  return out;
}

/// Of several objectives only those that no other trial beats in all of them.
std::vector<const Trial*> worth_showing(const std::vector<Objective>& objectives, std::span<const Trial> trials) {
  if (objectives.size() > 1) return pareto_front(trials, directions_of(objectives));
  std::vector<const Trial*> out;
  for (const Trial& t : trials)
    if (t.state == TrialState::complete && !t.values.empty() && !std::isnan(t.values[0])) out.push_back(&t);
  return out;
}

}  // namespace

std::string leaderboard(const Space& space, const std::vector<Objective>& objectives, std::span<const Trial> trials) {
  constexpr std::size_t shown = 5;
  std::vector<const Trial*> best = worth_showing(objectives, trials);
  std::int64_t running = 0, failed = 0;
  for (const Trial& t : trials) {
    running += t.state == TrialState::running ? 1 : 0;
    failed += t.state == TrialState::fail ? 1 : 0;
  }
  const bool maximize = objectives.at(0).maximize;
  std::stable_sort(best.begin(), best.end(),
                   [&](const Trial* a, const Trial* b) { return maximize ? a->values[0] > b->values[0] : a->values[0] < b->values[0]; });
  const std::string what = objectives.size() > 1 ? fmt::format("{} that no other beats, of", best.size()) : "the best of";
  std::string out = fmt::format("  {} {}{}{}\n", what, trials.size(), running > 0 ? fmt::format(", {} running", running) : "",
                                failed > 0 ? fmt::format(", {} failed", failed) : "");
  for (std::size_t i = 0; i < std::min(shown, best.size()); ++i)
    out += fmt::format("  {}. {}trial {:<5} {}\n", i + 1, values_text(*best[i]), best[i]->number + 1, space.label(best[i]->params));
  return out;
}

std::string tune_json(const TuneResult& r) {
  JsonValue best;
  if (r.best != nullptr)
    best = JsonValue::object({{"trial", r.best->number}, {"value", r.best->values.at(0)}, {"params", r.space.json(r.best->params)}});
  return JsonValue::object(
             {{"study", r.study}, {"trials", std::ssize(r.trials)}, {"epochs_run", r.epochs_run}, {"best", best}, {"seconds", r.seconds}})
      .text(2);
}

}  // namespace lehr
