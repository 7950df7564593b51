#include "tune/experiment.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "engine/number_text.h"
#include "layers/network.h"
#include "tune/experiment_search.h"
#include "tune/run_folder.h"
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
  const std::int64_t more = plan.before ? plan.before->epochs : plan.kill_after > 0 ? plan.kill_after + 3 : 0;
  const double searched = plan.search ? search_epochs(plan) : 0;
  const auto tested = static_cast<double>(plan.finder ? plan.finder->steps * plan.job.batch_size : 0);
  return (static_cast<double>(plan.samples) * (static_cast<double>(epochs + more) + searched) + tested) /
         std::max(plan.samples_per_s, 1e-9);
}

void require_weights(const ExperimentPlan& plan) {
  if (plan.base) return;
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

}  // namespace

ExperimentRun run_of(const FitOutcome& outcome, std::uint64_t seed) {
  const RunSummary& s = outcome.summary;
  ExperimentRun out{.run = s.run,
                    .seed = seed,
                    .epochs = s.epochs,
                    .best_epoch = s.best_epoch.value_or(0),
                    .val_accuracy = value_of(s.best, "val_accuracy"),
                    .seconds = s.seconds,
                    .restored = s.restored_epoch.has_value(),
                    .largest_class_share = s.largest_class_share,
                    .verdict = s.verdict,
                    .history = outcome.history};
  const NamedValues none;
  const NamedValues& test = s.evaluations.empty() ? none : s.evaluations.front().second;
  out.test_accuracy = value_of(test, "accuracy");
  out.test_loss = value_of(test, "loss");
  return out;
}

namespace {

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

void take_device(FitJob& job, const FitJob& flags) {
  job.device = flags.device;
  job.precision = flags.precision;
  job.threads = flags.threads;
  job.data_dir = flags.data_dir;
}

void take_flags(ExperimentPlan& plan, const Experiment& e, const ExperimentOptions& o) {
  for (FitJob* job : {&plan.job, plan.before ? &*plan.before : nullptr, plan.base ? &*plan.base : nullptr}) {
    if (job == nullptr) continue;
    take_device(*job, o.flags);
    if (plan.base && job == &*plan.base) continue;  // its data and its folder are its own
    job->name = e.name + (o.variant.empty() ? "" : "-" + o.variant);
    if (!o.data.empty()) job->data = o.data;
    job->overwrite = o.flags.overwrite;
  }
  if (plan.before) plan.before->name += "-before";
}

/// False: interrupted.
bool train_base(FitJob job, const FitJobHooks& hooks) {
  if (RunFolder::holds_run(job.run)) {
    const RunFolder folder = RunFolder::open(job.run, job.runs_root);
    std::error_code error;
    const bool begun = std::filesystem::exists(folder.file("history.csv"), error);
    if (begun && folder.read_history().epochs() >= job.epochs && std::filesystem::exists(folder.file("last.weights.h5"), error)) {
      if (hooks.renderer != nullptr) hooks.renderer->on_message("the base is there already: " + job.run);
      return true;
    }
    job.resume = true;
  }
  FitJobHooks own = hooks;
  own.data = nullptr;
  return !run_fit_job(job, own).interrupted;
}

/// The valley of the job's own range test, which joins those of the seeds before.
double find_rate(const FitJob& job, const RangeTestOptions& finder, const FitJobHooks& hooks, std::optional<FindLrReport>& all) {
  FindLrReport found = test_rates({.job = job, .test = finder}, job_parts(job, *hooks.data, hooks).train, hooks);
  const auto valley = std::ranges::find_if(found.candidates, [](const auto& c) { return c.name.find("valley") != std::string::npos; });
  if (valley == found.candidates.end())
    throw Error({.category = Category::failed,
                 .where = "range test",
                 .what = "it has too few steps for a suggestion",
                 .got = std::to_string(found.traces.front().rates.size()) + " steps before the loss diverged"});
  if (hooks.renderer != nullptr) hooks.renderer->on_message("the range test's valley: training at " + number_text(valley->rate));
  if (!all) all.emplace();
  all->seeds.push_back(job.seed);
  all->traces.push_back(std::move(found.traces.front()));
  all->bands = bands_of(all->traces, finder.steps);
  all->candidates = candidates_of(all->bands);
  return valley->rate;
}

/// One seed: the phase before, where there is one, and the job itself. False: interrupted in the phase before.
bool train(ExperimentPlan plan, const ExperimentOptions& o, const FitJobHooks& hooks, ExperimentReport& report) {
  if (plan.search) {
    report.searches.push_back(run_search(plan, plan.job, o, *hooks.data));
    if (report.searches.back().interrupted) return false;
    report.searches.back().trained = plan.job;
  }
  ExperimentRun before;
  if (plan.before) {
    const FitOutcome first = run_fit_job(*plan.before, hooks);
    if (first.interrupted) return false;
    before = run_of(first, plan.job.seed);
    plan.job.initial_weights = before.run + "/last.weights.h5";
  }
  FitJob job = plan.job;
  std::optional<double> found_rate;
  if (plan.finder) found_rate = find_rate(job, *plan.finder, hooks, report.rates);
  if (found_rate) job.learning_rate = number_text(*found_rate);
  const FitOutcome outcome = run_fit_job(job, hooks);
  ExperimentRun run = run_of(outcome, job.seed);
  run.found_rate = found_rate;
  if (plan.finder) write_find_lr(*report.rates, plan.finder->growth, run.run);
  run.before = before.run;
  run.before_test_accuracy = before.test_accuracy;
  run.seconds += before.seconds;
  if (run.verdict.kind == VerdictKind::collapsed && !outcome.interrupted)
    run.why = why_collapsed(job, *hooks.data, outcome.history, run.run + "/last.weights.h5");
  if (!outcome.interrupted) score_best(job, *hooks.data, run);
  if (!outcome.interrupted && plan.kill_after > 0) {
    job.run = run.run;
    run.killed = kill_and_resume(job, outcome.history, o.program, plan.kill_after, hooks);
  }
  report.runs.push_back(std::move(run));
  return !outcome.interrupted;
}

}  // namespace

bool checks_hold(const ExperimentReport& report) {
  if (!std::all_of(report.descents.begin(), report.descents.end(), [](const auto& d) { return d.holds(); })) return false;
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

namespace {

ExperimentReport run_descents(const Experiment& e, const ExperimentOptions& o, ExperimentReport report) {
  constexpr double start = -4;
  const RunFolder folder =
      o.flags.run.empty() ? RunFolder::create(o.flags.runs_root, e.name, today()) : RunFolder::create_at(o.flags.run, o.flags.overwrite);
  for (const double rate : report.plan.descent_rates) {
    report.descents.push_back(descend(rate, start, report.plan.job.epochs));
    const Descent& d = report.descents.back();
    const auto lowest = std::min_element(d.losses.begin(), d.losses.end()) - d.losses.begin();
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    report.runs.push_back({.run = folder.path().string(),
                           .epochs = report.plan.job.epochs,
                           .best_epoch = lowest,
                           .val_accuracy = none,
                           .test_accuracy = none,
                           .test_loss = d.losses.back(),
                           .best_test_loss = *std::min_element(d.losses.begin(), d.losses.end()),
                           .verdict = verdict(d.history()),
                           .history = d.history()});
  }
  folder.write("descent.csv", descent_csv(report.descents));
  report.picture = folder.file("descent.svg").string();
  plot::write_figure(descent_figure(report.descents, e.question), report.picture, folder.file("descent.png"));
  return report;
}

}  // namespace

ExperimentReport run_experiment(const Experiment& e, const ExperimentOptions& o) {
  const ExperimentChoice choice{.scale = o.scale, .variant = o.variant};
  ExperimentReport report{.experiment = e.name, .scale = o.scale, .plan = plan_of(e, choice)};
  take_flags(report.plan, e, o);
  require_weights(report.plan);
  if (!report.plan.descent_rates.empty()) return run_descents(e, o, std::move(report));
  const DataSplits data = load_job_data(report.plan.job.data, report.plan.job, o.hooks);
  report.plan = plan_for(e, choice, data);
  take_flags(report.plan, e, o);
  FitJobHooks hooks = o.hooks;
  hooks.data = &data;
  if (report.plan.base && !train_base(*report.plan.base, o.hooks)) report.interrupted = true;
  for (std::int64_t k = 0; k < o.repeat && !report.interrupted; ++k) {
    ExperimentPlan plan = report.plan;
    plan.job.seed = o.flags.seed + static_cast<std::uint64_t>(k);
    if (!o.flags.run.empty()) plan.job.run = o.flags.run + (o.repeat > 1 ? "/seed-" + std::to_string(plan.job.seed) : "");
    if (plan.before) {
      plan.before->seed = plan.job.seed;
      if (!plan.job.run.empty()) plan.before->run = plan.job.run + "-before";
    }
    report.interrupted = !train(std::move(plan), o, hooks, report);
  }
  return report;
}

}  // namespace lehr
