#include "tune/experiment_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "engine/spec/parse.h"
#include "tune/format.h"
#include "tune/oracles/oracle.h"
#include "tune/oracles/scores.h"
#include "tune/run_folder.h"
#include "tune/study/study_storage.h"

namespace lehr {

namespace {

/// The job's flags, those that the search names in their place.
std::vector<Setting> settings_of(const ExperimentPlan& plan, const FitJob& job) {
  std::vector<Setting> out;
  const auto& searched = plan.search->tune.settings;
  const auto named = [&](const std::string& flag) {
    return std::any_of(searched.begin(), searched.end(), [&](const Setting& s) { return s.flag == flag; });
  };
  for (auto& [flag, values] : job_settings(job))
    if (!named(flag)) out.push_back({.flag = flag, .values = std::move(values)});
  out.insert(out.end(), searched.begin(), searched.end());
  return out;
}

TuneJob tune_job(const ExperimentPlan& plan, const FitJob& job, const std::string& root, const std::string& name) {
  TuneJob out = plan.search->tune;
  out.settings = settings_of(plan, job);
  out.seed = job.seed;
  out.storage = "sqlite:///" + (std::filesystem::path(root) / "studies.db").string();
  StudyStorage storage(out.storage);
  for (int n = 1;; ++n)
    if (out.study = name + "-" + std::to_string(n); !storage.find(out.study)) break;
  out.folder = (std::filesystem::path(root) / "studies" / out.study).string();
  return out;
}

/// The trial as a fit job: what trains it again, to the same bits.
FitJob job_of_trial(const TuneJob& tune, const TuneResult& found, const FitJob& base) {
  std::vector<std::pair<std::string, std::vector<std::string>>> flags;
  for (const auto& s : settings_with_values(tune.settings, found.space, found.best->params)) flags.emplace_back(s.flag, s.values);
  FitJob out = job_from_settings(flags, "experiment");
  if (found.best->stage.epochs > 0) out.epochs = found.best->stage.epochs;
  out.threads = threads_of(tune);
  out.name = base.name;
  out.run = base.run;
  out.overwrite = base.overwrite;
  out.runs_root = base.runs_root;
  return out;
}

std::string trial_line(const TuneResult& r, const Trial& t) {
  std::string out = fmt::format("  {:>5}  {:<12.5g}", t.number + 1, t.values.at(0));
  if (const JsonValue* error = t.user_attr("standard_error")) out += fmt::format(" +- {:<8.2g}", error->number());
  if (t.stage.epochs > 0) out += fmt::format("  epochs {}-{}", t.stage.initial_epoch + 1, t.stage.epochs);
  return out + "  " + r.space.label(t.params) + "\n";
}

std::string best_trials_text(const TuneResult& r) {
  std::vector<const Trial*> ended;
  for (const Trial& t : r.trials)
    if (t.state == TrialState::complete && !t.values.empty()) ended.push_back(&t);
  const bool maximize = r.objectives.at(0).maximize;
  std::stable_sort(ended.begin(), ended.end(),
                   [&](const Trial* a, const Trial* b) { return maximize ? a->values[0] > b->values[0] : a->values[0] < b->values[0]; });
  constexpr std::size_t shown = 9;
  std::string out = fmt::format("  trial  {}\n", r.objectives[0].name);
  for (std::size_t i = 0; i < std::min(shown, ended.size()); ++i) out += trial_line(r, *ended[i]);
  if (ended.size() > shown + 1) out += fmt::format("  ... and {} between; the last:\n", ended.size() - shown - 1);
  if (ended.size() > shown) out += trial_line(r, *ended.back());
  return out;
}

/// The fewer of what the job allows and what the oracle has.
std::int64_t trials_of(const TuneJob& job, const OraclePlan& oracle) {
  const std::int64_t own = oracle.trials.value_or(job.trials);
  return job.trials > 0 ? std::min(job.trials, own) : own;
}

JsonValue run_json(const ExperimentRun& x) {
  return JsonValue::object(
      {{"run", x.run}, {"val_accuracy", x.val_accuracy}, {"test_accuracy", x.test_accuracy}, {"test_loss", x.test_loss}});
}

}  // namespace

double search_epochs(const ExperimentPlan& plan) {
  const ExperimentSearch& s = *plan.search;
  auto epochs = static_cast<double>(s.finalize * 2 * plan.job.epochs + (s.defaults ? plan.job.epochs : 0));
  if (s.cross_validation > 0) return epochs + static_cast<double>(s.cross_validation * plan.job.epochs);
  const OraclePlan oracle = oracle_catalogue().from(parse_spec(s.tune.oracle, "oracle")).plan(space_of(s.tune.settings));
  const std::int64_t trained = oracle.rounds.empty() ? trials_of(s.tune, oracle) * plan.job.epochs : oracle.epochs();
  return epochs + static_cast<double>(trained * s.tune.executions_per_trial * std::max<std::int64_t>(s.tune.folds, 1));
}

std::string search_text(const ExperimentPlan& plan) {
  const ExperimentSearch& s = *plan.search;
  if (s.cross_validation > 0) return fmt::format("none: {} folds of the network, each held out once", s.cross_validation);
  const Space space = space_of(s.tune.settings);
  const OraclePlan oracle = oracle_catalogue().from(parse_spec(s.tune.oracle, "oracle")).plan(space);
  std::string out = s.tune.oracle + " over";
  for (const auto& p : space.parameters()) out += (&p == space.parameters().data() ? " " : ", ") + p.name;
  out += fmt::format(": {} trials", trials_of(s.tune, oracle));
  if (!oracle.rounds.empty()) out += fmt::format(", {} epochs", oracle.epochs());
  if (s.tune.executions_per_trial > 1) out += fmt::format(", {} seeds each", s.tune.executions_per_trial);
  return out;
}

ExperimentSearchResult run_search(const ExperimentPlan& plan, FitJob& job, const ExperimentOptions& o, const DataSplits& data) {
  const ExperimentSearch& s = *plan.search;
  if (!job.run.empty() && RunFolder::holds_run(job.run) && !job.overwrite)
    throw Error({.category = Category::usage,
                 .where = "--run " + job.run,
                 .what = "holds a run already",
                 .hint = "Choose another folder, or --overwrite replaces it."});
  const TuneHooks hooks{.say = o.say, .interrupted = o.hooks.interrupted, .data = &data};
  ExperimentSearchResult out{.seed = job.seed};
  if (s.cross_validation > 0) {
    out.folds =
        cross_validate({.settings = settings_of(plan, job), .folds = s.cross_validation, .stratified = true, .seed = job.seed}, hooks);
    out.interrupted = out.folds.interrupted;
    return out;
  }
  const TuneJob tune = tune_job(plan, job, job.run.empty() ? job.runs_root : job.run, job.name);
  out.storage = tune.storage;
  out.tune = run_tune(tune, hooks);
  out.tune.best = best_trial(out.tune.trials, {out.tune.objectives.at(0).maximize});
  out.interrupted = out.tune.interrupted;
  if (out.interrupted) return out;
  if (out.tune.best == nullptr) throw Error({.category = Category::failed, .where = tune.study, .what = "no trial ended well"});
  if (s.importance) out.importance = importances(out.tune.space, out.tune.trials, {.by_position = true, .seed = job.seed});
  if (s.finalize > 0) out.finalized = finalize_study(tune.storage, tune.study, s.finalize, hooks);
  if (s.defaults) {
    FitJob plain = job;
    plain.name += "-default";
    if (!plain.run.empty()) plain.run += "/default";
    FitJobHooks fit = o.hooks;
    fit.data = &data;
    const FitOutcome outcome = run_fit_job(plain, fit);
    out.defaults = run_of(outcome, job.seed);
    out.interrupted = outcome.interrupted;
  }
  job = job_of_trial(tune, out.tune, job);
  if (s.retrain_epochs > 0) {
    job.epochs = s.retrain_epochs;
    job.callbacks.clear();
  }
  return out;
}

std::string search_result_text(const Experiment& e, const ExperimentPlan& plan, const ExperimentSearchResult& r) {
  std::string out;
  for (std::size_t k = 0; k < r.folds.mean.size(); ++k) {
    const auto& [name, m] = r.folds.mean[k];
    const auto [low, high] = std::minmax_element(r.folds.scores.begin(), r.folds.scores.end(),
                                                 [k](const auto& a, const auto& b) { return a.values[k].second < b.values[k].second; });
    out += fmt::format("  {} folds: {} {} +- {:.2g} (single folds: {} to {})\n", r.folds.scores.size(), name, metric_text(m.mean),
                       m.standard_error, metric_text(low->values[k].second), metric_text(high->values[k].second));
  }
  if (r.tune.best == nullptr) return out;
  out += best_trials_text(r.tune);
  out += fmt::format("  best validation value here {} with {}, after {} trials, {} epochs, {}\n", metric_text(r.tune.best->values.at(0)),
                     r.tune.space.label(r.tune.best->params), r.tune.trials.size(), r.tune.epochs_run, duration_text(r.tune.seconds));
  if (!std::isnan(e.lecture.val_accuracy))
    out += fmt::format("  the lecture's             {} with {}\n", metric_text(e.lecture.val_accuracy), e.lecture.found);
  if (!r.importance.empty()) {
    out += "  share of the variance that each value decides alone:\n";
    for (const auto& i : r.importance)
      out += fmt::format("    {:<24} {:>5.1f} % {}\n", i.name, 100 * i.share,
                         std::string(static_cast<std::size_t>(std::lround(i.share * 40)), '#'));
  }
  if (r.defaults) out += fmt::format("  untuned (the defaults): test accuracy {}\n", percent_text(r.defaults->test_accuracy, 2));
  if (r.finalized) out += finalized_text(*r.finalized);
  if (plan.search->retrain_epochs > 0)
    out += fmt::format("  the lecture's own retraining, {} epochs on the training part, last weights, is the line \"here\" above\n",
                       plan.search->retrain_epochs);
  return out;
}

JsonValue search_result_json(const ExperimentSearchResult& r) {
  JsonValue out = JsonValue::object({{"seed", static_cast<std::int64_t>(r.seed)}});
  if (!r.folds.scores.empty()) out["cross_validation"] = JsonValue::parse(cross_validation_json(r.folds), "folds");
  if (r.tune.best == nullptr) return out;
  out["study"] = r.tune.study;
  out["storage"] = r.storage;
  out["trials"] = std::ssize(r.tune.trials);
  out["epochs_run"] = r.tune.epochs_run;
  out["seconds"] = r.tune.seconds;
  out["best"] = JsonValue::object(
      {{"trial", r.tune.best->number}, {"value", r.tune.best->values.at(0)}, {"params", r.tune.space.json(r.tune.best->params)}});
  if (!r.importance.empty()) {
    JsonValue shares = JsonValue::object();
    for (const auto& i : r.importance) shares[i.name] = i.share;
    out["importance"] = shares;
  }
  if (r.defaults) out["defaults"] = run_json(*r.defaults);
  if (r.finalized) out["finalized"] = JsonValue::parse(finalized_json(*r.finalized), "finalized");
  return out;
}

}  // namespace lehr
