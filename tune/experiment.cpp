#include "tune/experiment.h"

#include <algorithm>
#include <cmath>

#include "layers/network.h"
#include "weights/source.h"

namespace lehr {

Scale scale_from(const std::string& name) {
  for (const auto s : {Scale::lecture, Scale::laptop, Scale::smoke})
    if (name == name_of(s)) return s;
  throw Error(
      {.category = Category::usage, .where = "--scale", .what = "unknown scale", .expected = "lecture, laptop or smoke", .got = name});
}

std::string_view name_of(Scale scale) { return scale == Scale::lecture ? "lecture" : scale == Scale::laptop ? "laptop" : "smoke"; }

ExperimentPlan plan_of(const Experiment& e, const ExperimentChoice& choice) {
  if (!choice.variant.empty() && std::find(e.variants.begin(), e.variants.end(), choice.variant) == e.variants.end()) {
    std::string known;
    for (const auto& v : e.variants) known += (known.empty() ? "" : ", ") + v;
    throw Error({.category = Category::usage,
                 .where = "--variant",
                 .what = e.name + (known.empty() ? " has no variants" : " has no such variant"),
                 .expected = known,
                 .got = choice.variant});
  }
  return e.plan(e, choice);
}

double expected_seconds(const ExperimentPlan& plan) {
  const std::int64_t epochs = plan.likely_epochs > 0 ? plan.likely_epochs : plan.job.epochs;
  return static_cast<double>(plan.samples * (epochs + (plan.kill_after > 0 ? plan.kill_after + 3 : 0))) /
         std::max(plan.samples_per_s, 1e-9);
}

void require_weights(const ExperimentPlan& plan) {
  const Network network = network_from_text(plan.job.model);
  if (network.weights().empty() || network.weights() == "none") return;
  try {
    find_weights(network.weights(), network.name(), plan.job.data_dir);
  } catch (const Error& error) {
    auto info = error.info();
    info.where = "the lecture's scale, " + info.where;
    info.hint += "\nOr take --scale laptop, which trains a smaller network from random weights.";
    throw Error(info);
  }
}

namespace {

double value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [key, value] : values)
    if (key == name) return value;
  return std::numeric_limits<double>::quiet_NaN();
}

ExperimentRun run_of(const FitOutcome& outcome, std::uint64_t seed) {
  const RunSummary& s = outcome.summary;
  ExperimentRun out{.run = s.run,
                    .seed = seed,
                    .epochs = s.epochs,
                    .best_epoch = s.best_epoch.value_or(0),
                    .val_accuracy = value_of(s.best, "val_accuracy"),
                    .seconds = s.seconds,
                    .restored = s.restored,
                    .largest_class_share = s.largest_class_share,
                    .verdict = s.verdict,
                    .history = outcome.history};
  const NamedValues none;
  const NamedValues& test = s.evaluations.empty() ? none : s.evaluations.front().second;
  out.test_accuracy = value_of(test, "accuracy");
  out.test_loss = value_of(test, "loss");
  return out;
}

/// What the best epoch's weights score where the last one's were scored. The weights held may be the best ones already.
void score_best(const FitJob& job, const DataSplits& data, ExperimentRun& run) {
  if (!data.test || run.restored || run.best_epoch + 1 == run.epochs) {
    run.best_test_accuracy = run.test_accuracy;
    run.best_test_loss = run.test_loss;
    return;
  }
  const JobModel made = make_job_model(job, *data.train);
  made.model->load_weights(run.run + "/best.weights.h5");
  const Evaluation e = made.model->evaluate(*data.test, job.batch_size);
  run.best_test_accuracy = e.value("accuracy");
  run.best_test_loss = e.value("loss");
}

/// The plan for the data at hand: the last layer has as many units as the data has classes.
ExperimentPlan plan_for(const Experiment& e, const ExperimentChoice& choice, const DataSplits& data) {
  const std::int64_t classes = data.any().classes();
  if (classes < 2)
    throw Error({.category = Category::data,
                 .where = data.source.empty() ? data.any().name : data.source,
                 .what = e.name + " is about telling classes apart",
                 .expected = "labels of at least two classes",
                 .got = std::to_string(classes)});
  return plan_of(e, {.scale = choice.scale, .variant = choice.variant, .classes = classes});
}

void take_flags(FitJob& job, const Experiment& e, const ExperimentOptions& o) {
  job.name = e.name + (o.variant.empty() ? "" : "-" + o.variant);
  if (!o.data.empty()) job.data = o.data;
  job.device = o.flags.device;
  job.precision = o.flags.precision;
  job.threads = o.flags.threads;
  job.data_dir = o.flags.data_dir;
  job.overwrite = o.flags.overwrite;
}

}  // namespace

bool checks_hold(const ExperimentReport& report) {
  return std::all_of(report.runs.begin(), report.runs.end(), [](const auto& run) { return !run.killed || run.killed->holds(); });
}

MeanError mean_error(const std::vector<ExperimentRun>& runs, double ExperimentRun::* value) {
  MeanError out;
  const auto n = static_cast<double>(runs.size());
  if (runs.empty()) return out;
  out.mean = 0;
  for (const auto& r : runs) out.mean += r.*value / n;
  if (runs.size() < 2) return out;
  double squares = 0;
  for (const auto& r : runs) squares += (r.*value - out.mean) * (r.*value - out.mean);
  out.error = std::sqrt(squares / (n - 1) / n);
  return out;
}

ExperimentReport run_experiment(const Experiment& e, const ExperimentOptions& o) {
  const ExperimentChoice choice{.scale = o.scale, .variant = o.variant};
  ExperimentReport report{.experiment = e.name, .scale = o.scale, .plan = plan_of(e, choice)};
  take_flags(report.plan.job, e, o);
  require_weights(report.plan);
  const DataSplits data = load_job_data(report.plan.job.data, report.plan.job, o.hooks);
  report.plan = plan_for(e, choice, data);
  take_flags(report.plan.job, e, o);
  FitJobHooks hooks = o.hooks;
  hooks.data = &data;
  for (std::int64_t k = 0; k < o.repeat && !report.interrupted; ++k) {
    FitJob job = report.plan.job;
    job.seed = o.flags.seed + static_cast<std::uint64_t>(k);
    if (!o.flags.run.empty()) job.run = o.flags.run + (o.repeat > 1 ? "/seed-" + std::to_string(job.seed) : "");
    const FitOutcome outcome = run_fit_job(job, hooks);
    ExperimentRun run = run_of(outcome, job.seed);
    if (run.verdict.kind == VerdictKind::collapsed && !outcome.interrupted)
      run.why = why_collapsed(job, data, outcome.history, run.run + "/last.weights.h5");
    if (!outcome.interrupted) score_best(job, data, run);
    if (!outcome.interrupted && report.plan.kill_after > 0) {
      job.run = run.run;
      run.killed = kill_and_resume(job, outcome.history, o.program, report.plan.kill_after, hooks);
    }
    report.runs.push_back(std::move(run));
    report.interrupted = outcome.interrupted;
  }
  return report;
}

}  // namespace lehr
