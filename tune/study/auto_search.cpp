#include "tune/study/auto_search.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "engine/atomic_file.h"
#include "tune/baselines/baseline_score.h"
#include "tune/format.h"
#include "tune/run_folder.h"
#include "tune/steady_seconds.h"
#include "tune/study/auto_space.h"
#include "tune/study/study_storage.h"
#include "weights/source.h"

namespace lehr {

namespace {

constexpr double searched_share = 0.6, trained_share = 0.85;  // of the whole, and of what is then left
constexpr std::int64_t longest = 27, most_epochs = 100;

bool has_vgg_weights(const FitJob& job) {
  try {
    find_weights("imagenet", "vgg16", job.data_dir);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string facts_text(const DataFacts& f, const DataSplits& data) {
  std::string out = fmt::format("{} samples {} to train on, ", count_text(f.rows), f.sample.text());
  if (f.labels == LabelKind::values) {
    out += fmt::format("{} value{} each", f.outputs, f.outputs == 1 ? "" : "s");
  } else {
    const ClassShare largest = largest_class(*data.train);
    out += fmt::format("{} classes, the largest {} of all", f.outputs, percent_text(largest.share));
  }
  out += data.validation ? fmt::format("; {} to validate on", count_text(data.validation->size())) : "; a fifth of them validates";
  return out + (data.test ? fmt::format("; {} to test on, at the end", count_text(data.test->size())) : "");
}

/// What the data's rows are, with a part to validate on.
FitJob held_job(const AutoJob& job, bool classes, bool validation) {
  FitJob held = job.fit;
  if (!validation && !held.validation_split && held.validation.empty()) {
    held.validation_split = 0.2;
    held.split = classes ? "stratified" : "random";
  }
  return held;
}

/// Those that a twentieth of the time is enough for, at 10^9 multiply-adds a second.
std::vector<AutoBaseline> baselines_of(const FitJob& held, const DataSplits& data, double seconds) {
  const JobParts parts = job_parts(held, data);
  std::vector<AutoBaseline> out;
  if (parts.train.streamed || !parts.validation || parts.validation->streamed) return out;
  const double size = static_cast<double>(parts.train.size()) * static_cast<double>(parts.train.sample_shape().elements());
  const std::pair<Baseline, double> affordable[] = {
      {LogisticRegression{}, size * static_cast<double>(parts.train.classes()) * 300},  // two products a step, some 100 steps and more
      {Knn{}, size * static_cast<double>(parts.validation->size())}};
  for (const auto& [baseline, cost] : affordable) {
    const auto* knn = std::get_if<Knn>(&baseline);
    const bool too_few = knn != nullptr && parts.train.size() < knn->n_neighbors;  // there is nothing to compare with
    if (too_few || cost > seconds / 20 * 1e9) continue;
    const BaselineScore scored = score_baseline(baseline, held, parts.train, *parts.validation);
    out.push_back({.name = std::visit([](const auto& spec) { return std::string(spec.info.name); }, baseline),
                   .value = scored.evaluation.value("accuracy"),
                   .seconds = scored.seconds});
  }
  return out;
}

/// The search: successive halving from one epoch to 27, as many points as there is time for.
TuneJob search_of(const AutoJob& job, const AutoSpace& space, const FitJob& held) {
  TuneJob out{.objectives = {space.objective},
              .oracle = fmt::format("asha(max_epochs={}, factor=3, trials=100000)", longest),
              .seconds_budget = job.seconds * searched_share,
              .seed = job.fit.seed,
              .study = job.study,
              .storage = job.storage,
              .jobs = job.jobs};
  const FitJob silent;
  const auto defaults = job_settings(silent);
  for (auto& setting : job_settings(held))
    if (std::find(defaults.begin(), defaults.end(), setting) == defaults.end())
      out.settings.push_back({.flag = setting.first, .values = setting.second});
  out.settings.insert(out.settings.end(), space.settings.begin(), space.settings.end());
  return out;
}

/// The best that came to its end, else the best that time cut off.
const Trial* best_of(const TuneResult& r) {
  if (r.best != nullptr) return r.best;
  const Trial* best = nullptr;
  const bool maximize = r.objectives.at(0).maximize;
  for (const Trial& t : r.trials) {
    if (t.values.empty() || !std::isfinite(t.values[0])) continue;
    if (best == nullptr || (maximize ? t.values[0] > best->values[0] : t.values[0] < best->values[0])) best = &t;
  }
  return best;
}

double seconds_an_epoch(const Trial& t) { return t.seconds() / static_cast<double>(std::max<std::int64_t>(trained_epochs(t), 1)); }

/// The best trial, trained on: as long as the time allows, and back to its best epoch.
TuneJob training_of(TuneJob search, const Trial& best, double seconds_left) {
  const auto affordable = static_cast<std::int64_t>(seconds_left * trained_share / std::max(seconds_an_epoch(best), 1e-6));
  const std::int64_t epochs = std::clamp(affordable, std::max<std::int64_t>(best.stage.epochs, 1), most_epochs);
  search.settings.push_back({.flag = "epochs", .values = {std::to_string(epochs)}});
  search.settings.push_back({.flag = "callback",
                             .values = {fmt::format("early_stopping(monitor={}, patience={}, restore_best_weights=true)",
                                                    search.objectives.at(0), std::max<std::int64_t>(5, epochs / 5))}});
  return search;
}

/// Honest: what needs no network may be better.
template <class Say>
void say_baselines(const AutoResult& r, const std::string& objective, const Say& say) {
  const History& history = r.outcome.history;
  const auto best = history.best(objective, true);
  for (const auto& b : r.baselines)
    if (best && history.at(objective, *best) <= b.value)
      say(fmt::format("note: {} reaches {} {}, the network {}: it has not earned its cost", b.name, objective, metric_text(b.value),
                      metric_text(history.at(objective, *best))));
}

}  // namespace

AutoResult run_auto(const AutoJob& job, const TuneHooks& given, const FitJobHooks& fit_given) {
  const double begun = steady_seconds();
  const auto say = [&](const std::string& line) {
    if (given.say) given.say(line);
  };
  if (!job.fit.run.empty() && RunFolder::holds_run(job.fit.run) && !job.fit.overwrite)
    throw Error({.category = Category::usage,
                 .where = "--run " + job.fit.run,
                 .what = "holds a run already",
                 .hint = "Choose another folder, or --overwrite replaces it."});
  const DataSplits data = given.data != nullptr ? *given.data : load_job_data(job.fit.data, job.fit, fit_given);
  if (!data.train) throw Error({.category = Category::data, .where = job.fit.data, .what = "there is no training part"});
  DataFacts facts = facts_of(*data.train);
  facts.pretrained_vgg = has_vgg_weights(job.fit);
  const AutoSpace space = auto_space(facts);
  say(facts_text(facts, data));
  for (const auto& reason : space.reasons) say(reason);

  const bool classes = facts.labels != LabelKind::values;
  const FitJob held = held_job(job, classes, data.validation.has_value());
  AutoResult out;
  if (classes) out.baselines = baselines_of(held, data, job.seconds);
  for (const auto& b : out.baselines)
    say(fmt::format("to beat: {} {} by {} ({})", space.objective, metric_text(b.value), b.name, duration_text(b.seconds)));
  TuneJob search = search_of(job, space, held);
  search.seconds_budget = std::max(1.0, search.seconds_budget - (steady_seconds() - begun));
  TuneHooks hooks = given;
  hooks.data = &data;
  out.search = run_tune(search, hooks);
  out.interrupted = out.search.interrupted;
  out.seconds = steady_seconds() - begun;
  if (out.interrupted) return out;
  const Trial* best = best_of(out.search);
  if (best == nullptr)
    throw Error({.category = Category::failed,
                 .where = "lehr auto",
                 .what = "no network came to the end of its first epoch",
                 .hint = "Give it more time: --budget 1h. lehr tune show " + out.search.study + " has the reasons of those that failed."});

  const TuneJob training = training_of(search, *best, job.seconds - (steady_seconds() - begun));
  Trial whole = *best;
  whole.stage = {};  // --epochs says how long
  out.command = fit_command(training, out.search.space, whole);
  std::vector<std::pair<std::string, std::vector<std::string>>> flags;
  for (const auto& s : settings_with_values(training.settings, out.search.space, best->params)) flags.emplace_back(s.flag, s.values);
  FitJob fit = job_from_settings(flags, "lehr auto");
  fit.threads = threads_of(training);
  fit.name = "auto";
  fit.run = job.fit.run;
  fit.overwrite = job.fit.overwrite;
  fit.runs_root = job.fit.runs_root;
  say(fmt::format("the best of {}: {}; trained for up to {} epochs:", out.search.trials.size(), out.search.space.label(best->params),
                  fit.epochs));
  FitJobHooks fit_hooks = fit_given;
  fit_hooks.data = &data;
  out.outcome = run_fit_job(fit, fit_hooks);
  say_baselines(out, space.objective, say);
  write_file_atomically((std::filesystem::path(out.outcome.summary.run) / "command.txt").string(), out.command + "\n");
  out.interrupted = out.outcome.interrupted;
  out.seconds = steady_seconds() - begun;
  return out;
}

std::string auto_json(const AutoResult& r) {
  JsonValue out = JsonValue::parse(tune_json(r.search), "study"), baselines = JsonValue::array();
  for (const auto& b : r.baselines) baselines.push_back(JsonValue::object({{"model", b.name}, {"value", b.value}, {"seconds", b.seconds}}));
  out["baselines"] = baselines;
  out["seconds"] = r.seconds;
  out["run"] = r.outcome.summary.run;
  out["command"] = r.command;
  if (!r.outcome.summary.run.empty()) out["fit"] = JsonValue::parse(fit_json(r.outcome.summary, r.outcome.history), "fit");
  return out.text(2);
}

}  // namespace lehr
