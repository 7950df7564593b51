#include "tune/study/tune_job.h"

#include <algorithm>

namespace lehr {

namespace {

/// One list serves both directions: f(key, member). What a process decides for itself is not in it.
template <class Job, class F>
void stored_fields(Job& job, F&& f) {
  f("objectives", job.objectives);
  f("oracle", job.oracle);
  f("pruner", job.pruner);
  f("trials", job.trials);
  f("epochs_budget", job.epochs_budget);
  f("seconds_budget", job.seconds_budget);
  f("disk_budget", job.disk_budget);
  f("folds", job.folds);
  f("stratified", job.stratified);
  f("executions_per_trial", job.executions_per_trial);
  f("score", job.score);
  f("command", job.command);
  f("seed", job.seed);
}

void read(const JsonValue& v, std::string& out) { out = v.string(); }
void read(const JsonValue& v, bool& out) { out = v.boolean(); }
void read(const JsonValue& v, double& out) { out = v.number(); }
void read(const JsonValue& v, std::int64_t& out) { out = v.integer(); }
void read(const JsonValue& v, std::uint64_t& out) { out = static_cast<std::uint64_t>(v.integer()); }
void read(const JsonValue& v, std::vector<std::string>& out) {
  for (const auto& e : v.elements()) out.push_back(e.string());
}

std::string setting_text(const std::vector<Setting>& settings, const std::string& flag) {
  std::string out;
  for (const auto& s : settings)
    if (s.flag == flag)
      for (const auto& v : s.values) out += (out.empty() ? "" : " | ") + v;
  return out;
}

}  // namespace

JsonValue to_json(const TuneJob& job) {
  JsonValue out = JsonValue::object(), settings = JsonValue::array();
  for (const auto& s : job.settings) settings.push_back(JsonValue::object({{"flag", s.flag}, {"values", s.values}}));
  out["settings"] = settings;
  stored_fields(job, [&](const char* key, const auto& member) { out[key] = JsonValue(member); });
  return out;
}

TuneJob tune_job_from_json(const JsonValue& json) {
  TuneJob job;
  for (const auto& s : json.at("settings").elements()) {
    Setting setting{.flag = s.at("flag").string()};
    read(s.at("values"), setting.values);
    job.settings.push_back(std::move(setting));
  }
  stored_fields(job, [&](const char* key, auto& member) { read(json.at(key), member); });
  return job;
}

std::vector<Objective> objectives_of(const TuneJob& job) {
  std::vector<Objective> out;
  for (const auto& name : job.objectives) out.push_back(objective_from(name));
  if (out.empty()) out.push_back(objective_from(job.command.empty() ? "val_loss" : "min:value"));
  return out;
}

std::string difference(const TuneJob& before, const TuneJob& now) {
  std::string out;
  const auto compare = [&](const std::string& name, const std::string& a, const std::string& b) {
    if (a != b) out += name + ": " + (a.empty() ? "(none)" : a) + " -> " + (b.empty() ? "(none)" : b) + "\n";
  };
  std::vector<std::string> flags;
  for (const auto* job : {&before, &now})
    for (const auto& s : job->settings)
      if (std::find(flags.begin(), flags.end(), s.flag) == flags.end()) flags.push_back(s.flag);
  for (const auto& flag : flags)
    if (flag != "threads" && flag != "data-dir")
      compare("--" + flag, setting_text(before.settings, flag), setting_text(now.settings, flag));
  const auto names = [](const TuneJob& job) {
    std::string text;
    for (const auto& o : objectives_of(job)) text += (text.empty() ? "" : ", ") + std::string(o.maximize ? "max:" : "min:") + o.name;
    return text;
  };
  compare("--objective", names(before), names(now));
  compare("--folds", std::to_string(before.folds), std::to_string(now.folds));
  compare("--executions-per-trial", std::to_string(before.executions_per_trial), std::to_string(now.executions_per_trial));
  compare("--score", before.score, now.score);
  compare("--command", before.command, now.command);
  compare("--seed", std::to_string(before.seed), std::to_string(now.seed));
  return out;
}

}  // namespace lehr
