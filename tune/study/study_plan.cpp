// What is printed before a study begins: the space, the oracle's rounds, what a trial costs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/spec/names.h"
#include "engine/spec/parse.h"
#include "tune/format.h"
#include "tune/oracles/oracle.h"
#include "tune/study/worker.h"

namespace lehr {

namespace {

std::string setting(const TuneJob& job, const std::string& flag) {
  for (const auto& s : job.settings)
    if (s.flag == flag && !s.values.empty()) return s.values[0];
  return {};
}

std::string rounds_text(const OraclePlan& plan) {
  std::string out = "  bracket  round  trials  epochs      trained\n";
  for (const auto& r : plan.rounds)
    out += fmt::format("  {:>7}  {:>5}  {:>6}  {:>3} -> {:<4} {:>7}\n", r.bracket, r.round, r.trials, r.initial_epoch, r.epochs,
                       r.trials * (r.epochs - r.initial_epoch));
  return out + fmt::format("  sum: {} trials, {} epochs\n", plan.trials.value_or(0), plan.epochs());
}

/// What early stopping can do inside the rounds: each of them goes on where the last ended.
std::string patience_text(const TuneJob& job, const OraclePlan& plan) {
  for (const auto& s : job.settings) {
    if (s.flag != "callback") continue;
    for (const auto& text : s.values) {
      const SpecValue spec = parse_spec(text, "--callback");
      const SpecValue* patience = spec.keyword("patience");
      if (!spec.named() || !same_name(spec.text, "early_stopping") || patience == nullptr || !patience->is(SpecKind::number)) continue;
      std::string where;
      std::int64_t longest = 0;
      for (const auto& r : plan.rounds) {
        longest = std::max(longest, r.epochs);
        if (static_cast<double>(r.epochs) > patience->number)
          where += (where.empty() ? "" : ", ") + fmt::format("bracket {} round {}", r.bracket, r.round);
      }
      return fmt::format("early stopping with patience {} can end a trial only after epoch {:.0f}: {}\n", patience->text,
                         patience->number + 1, where.empty() ? "no round is that long" : "in " + where);
    }
  }
  return {};
}

double epochs_of(const TuneJob& job, const OraclePlan& plan, const FitJob& fit) {
  auto epochs = static_cast<double>(plan.epochs());
  if (plan.rounds.empty()) {
    const double trials =
        static_cast<double>(job.trials > 0 ? std::min(job.trials, plan.trials.value_or(job.trials)) : plan.trials.value_or(0));
    epochs = trials * static_cast<double>(fit.epochs);
  }
  if (job.epochs_budget > 0) epochs = std::min(epochs, static_cast<double>(job.epochs_budget));
  return epochs * static_cast<double>(std::max<std::int64_t>(job.folds, 1) * job.executions_per_trial);
}

Values middle(const Space& space) {
  return space.fill([](const Hyperparameter& p) { return p.at(0.5); });
}

}  // namespace

std::string plan_text(const TuneJob& job, const Space& space, SharedData& data, const std::vector<Trial>& done) {
  const Oracle oracle = oracle_catalogue().from(parse_spec(job.oracle, "--oracle"));
  const OraclePlan plan = oracle.plan(space);
  std::string out = fmt::format("study {} in {}\n", job.study, job.storage);
  const auto points = space.count();
  out += fmt::format("space: {} value{}, {}\n", space.parameters().size(), space.parameters().size() == 1 ? "" : "s",
                     points ? std::to_string(*points) + " points" : "without end");
  for (const auto& p : space.parameters()) out += "  " + p.text() + "\n";
  for (const auto& o : objectives_of(job))
    out += fmt::format("objective: {}, {}, of the {} epoch\n", o.name, o.maximize ? "maximized" : "minimized", job.score);
  out += fmt::format("oracle: {}\n", oracle.text().print());
  if (!plan.rounds.empty()) {
    out += rounds_text(plan) + patience_text(job, plan);
    if (const std::string epochs = setting(job, "epochs"); !epochs.empty())
      out += "--epochs " + epochs + " is not used: the rounds say how long a trial trains\n";
  } else {
    out += fmt::format("trials: {}\n", job.trials > 0 ? std::to_string(job.trials)
                                       : plan.trials  ? std::to_string(*plan.trials)
                                                      : "until a budget is spent");
  }
  if (!done.empty()) out += fmt::format("already there: {} trials\n", done.size());
  if (job.seconds_budget > 0) out += "budget: " + duration_text(job.seconds_budget) + "\n";
  if (job.epochs_budget > 0) out += fmt::format("budget: {} epochs\n", job.epochs_budget);
  if (!job.command.empty()) return out + fmt::format("each trial runs: {}\n{} at once\n", job.command, job.jobs);

  TrialRequest request{.objectives = objectives_of(job), .folds = job.folds, .threads = threads_of(job)};
  TrialCost cost;
  for (const Values& point : {middle(space), space.defaults()}) {  // the middle may be a network that cannot be
    request.settings = settings_with_values(job.settings, space, point);
    try {
      cost = measure_trial(request, data);
      break;
    } catch (const Error&) {
      if (point == space.defaults()) throw;
    }
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> flags;
  for (const auto& s : request.settings) flags.emplace_back(s.flag, s.values);
  const FitJob fit = job_from_settings(flags, "lehr tune");
  const double epochs = epochs_of(job, plan, fit), seconds = epochs * cost.seconds_per_epoch * 1.1 / job.jobs;
  out += fmt::format("jobs: {} at once, {} thread{} each; the data is shared: {}\n", job.jobs, request.threads,
                     request.threads == 1 ? "" : "s", bytes_text(static_cast<double>(data.bytes())));
  out += fmt::format("memory a trial: {} beside the data (the middle point: {} parameters)\n", bytes_text(static_cast<double>(cost.memory)),
                     count_text(cost.parameters));
  if (epochs > 0)
    out += fmt::format("time: about {} for {:.0f} epochs of {} each (timed over {} steps)\n", duration_text(seconds), epochs,
                       duration_text(cost.seconds_per_epoch), cost.steps_timed);
  if (!plan.rounds.empty())
    out += fmt::format("disk: checkpoints of {} each, kept while a trial may go on{}\n", bytes_text(static_cast<double>(cost.checkpoint)),
                       job.disk_budget > 0 ? "; at most " + bytes_text(job.disk_budget) : "");
  return out;
}

}  // namespace lehr
