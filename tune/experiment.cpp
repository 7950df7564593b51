#include "tune/experiment.h"

#include "tune/format.h"

namespace lehr {

Scale scale_from(const std::string& name) {
  for (const auto s : {Scale::lecture, Scale::laptop, Scale::smoke})
    if (name == name_of(s)) return s;
  throw Error(
      {.category = Category::usage, .where = "--scale", .what = "unknown scale", .expected = "lecture, laptop or smoke", .got = name});
}

std::string_view name_of(Scale scale) { return scale == Scale::lecture ? "lecture" : scale == Scale::laptop ? "laptop" : "smoke"; }

namespace {

double value_of(const NamedValues& values, const std::string& name) {
  for (const auto& [key, value] : values)
    if (key == name) return value;
  return std::numeric_limits<double>::quiet_NaN();
}

struct MeanError {
  double mean = 0, stderr_ = 0;
};
template <class Get>
MeanError mean_error(const std::vector<ExperimentRun>& runs, Get get) {
  MeanError out;
  const auto n = static_cast<double>(runs.size());
  for (const auto& r : runs) out.mean += get(r) / n;
  double square = 0;
  for (const auto& r : runs) square += (get(r) - out.mean) * (get(r) - out.mean);
  out.stderr_ = runs.size() > 1 ? std::sqrt(square / (n - 1) / n) : 0;
  return out;
}

ExperimentRun run_of(const FitOutcome& outcome, std::uint64_t seed) {
  const RunSummary& s = outcome.summary;
  ExperimentRun out{.run = s.run,
                    .seed = seed,
                    .epochs = s.epochs,
                    .best_epoch = s.best_epoch.value_or(0),
                    .val_accuracy = value_of(s.best, "val_accuracy"),
                    .seconds = s.seconds,
                    .verdict = s.verdict};
  const NamedValues none;
  const NamedValues& test = s.evaluations.empty() ? none : s.evaluations.front().second;
  out.test_accuracy = value_of(test, "accuracy");
  out.test_loss = value_of(test, "loss");
  return out;
}

}  // namespace

ExperimentReport run_experiment(const Experiment& e, const ExperimentOptions& o) {
  ExperimentReport report{.experiment = e.name, .scale = o.scale, .lecture = e.lecture};
  for (std::int64_t k = 0; k < o.repeat && !report.interrupted; ++k) {
    FitJob job = e.job(e, o.scale, o.variant);
    job.name = e.name + (o.variant.empty() ? "" : "-" + o.variant);
    if (!o.data.empty()) job.data = o.data;
    job.device = o.flags.device;
    job.precision = o.flags.precision;
    job.threads = o.flags.threads;
    job.data_dir = o.flags.data_dir;
    job.seed = o.flags.seed + static_cast<std::uint64_t>(k);
    const DataSplits data = load_job_data(job.data, job, o.hooks);
    // The last layer has as many units as the data has classes.
    const auto classes = std::to_string(data.any().classes());
    for (auto at = job.model.find("CLASSES"); at != std::string::npos; at = job.model.find("CLASSES")) job.model.replace(at, 7, classes);
    FitJobHooks hooks = o.hooks;
    hooks.data = &data;
    const FitOutcome outcome = run_fit_job(job, hooks);
    report.runs.push_back(run_of(outcome, job.seed));
    report.interrupted = outcome.interrupted;
    if (k == 0) report.history = outcome.history;
    report.pictures.insert(report.pictures.end(), outcome.summary.pictures.begin(), outcome.summary.pictures.end());
  }
  return report;
}

JsonValue experiment_json(const ExperimentReport& r) {
  JsonValue runs = JsonValue::array();
  for (const auto& x : r.runs)
    runs.push_back(JsonValue::object({{"run", x.run},
                                      {"seed", static_cast<std::int64_t>(x.seed)},
                                      {"epochs", x.epochs},
                                      {"best_epoch", x.best_epoch},
                                      {"val_accuracy", x.val_accuracy},
                                      {"test_accuracy", x.test_accuracy},
                                      {"test_loss", x.test_loss},
                                      {"seconds", x.seconds}}));
  const auto accuracy = mean_error(r.runs, [](const ExperimentRun& x) { return x.test_accuracy; });
  const auto validation = mean_error(r.runs, [](const ExperimentRun& x) { return x.val_accuracy; });
  return JsonValue::object({{"experiment", r.experiment},
                            {"scale", std::string(name_of(r.scale))},
                            {"lecture", JsonValue::object({{"test_accuracy", r.lecture.test_accuracy}, {"time", r.lecture.time}})},
                            {"runs", runs},
                            {"mean", JsonValue::object({{"test_accuracy", accuracy.mean}, {"val_accuracy", validation.mean}})},
                            {"stderr", JsonValue::object({{"test_accuracy", accuracy.stderr_}, {"val_accuracy", validation.stderr_}})},
                            {"verdict", r.runs.empty() ? "" : r.runs.front().verdict.words}});
}

std::string experiment_text(const Experiment& e, const ExperimentReport& r) {
  std::string out = "\n" + e.name + " (" + std::string(name_of(r.scale)) + "): " + e.question + "\n";
  const auto accuracy = mean_error(r.runs, [](const ExperimentRun& x) { return x.test_accuracy; });
  if (!std::isnan(e.lecture.test_accuracy))
    out += "  the lecture's test accuracy  " + percent_text(e.lecture.test_accuracy, 2) + " in " + e.lecture.time +
           " (pretrained VGG-16, 100x100)\n";
  out +=
      "  ours                         " + percent_text(accuracy.mean, 2) +
      (r.runs.size() > 1 ? " +- " + percent_text(accuracy.stderr_, 2) + " (standard error of " + std::to_string(r.runs.size()) + " seeds)"
                         : "") +
      "\n";
  for (const auto& x : r.runs) {
    out += "  seed " + std::to_string(x.seed) + ": " + x.verdict.text() + "\n";
    if (x.verdict.kind == VerdictKind::collapsed)
      out +=
          "    Every image gets the same class: the loss sits at the entropy of the class shares, so no gradient tells images apart. The "
          "rate is too high; try a tenth of it.\n";
  }
  return out;
}

}  // namespace lehr
