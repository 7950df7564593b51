#include "tune/study/cross_validation.h"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "engine/spec/parse.h"
#include "tune/baselines/baseline_score.h"
#include "tune/format.h"
#include "tune/job_inputs.h"
#include "tune/steady_seconds.h"

namespace lehr {

namespace {

FitJob job_from(const std::vector<Setting>& settings) {
  std::vector<std::pair<std::string, std::vector<std::string>>> flags;
  for (const auto& s : settings) flags.emplace_back(s.flag, s.values);
  return job_from_settings(flags, "lehr cross-validate");
}

using Scores = std::vector<std::pair<std::string, double>>;

/// Trains for all epochs and evaluates once.
Scores train_and_evaluate(const FitJob& job, const Dataset& train, const Dataset& held_out, const std::function<bool()>& interrupted,
                          bool& stopped) {
  if (const auto baseline = baseline_from(job.model)) {
    stopped = interrupted && interrupted();
    return stopped ? Scores{} : score_baseline(*baseline, job, train, held_out).evaluation.values;
  }
  JobModel made = make_job_model(job, train);
  FitOptions options{
      .epochs = job.epochs, .batch_size = job.batch_size, .validation_data = &held_out, .shuffle = job.shuffle, .interrupted = interrupted};
  for (const auto& text : job.callbacks) options.callbacks.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
  options.augmentation = made.augmentation;
  options.class_weights = class_weights(job.class_weight, train, made.model->network().output().elements());
  stopped = made.model->fit_run(train, options).interrupted;
  return stopped ? Scores{} : made.model->evaluate(held_out, job.batch_size).values;
}

/// The inner search of a nested validation: its own study, in a folder that goes with it.
Values chosen_inside(const CrossValidation& r, const Dataset& train, const TuneHooks& hooks, std::uint64_t seed) {
  std::string folder = (std::filesystem::temp_directory_path() / "lehr-nested-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw Error({.what = "no temporary folder for the inner search"});
  const DataSplits inner{.train = train, .source = "an outer fold"};
  TuneJob job{.settings = r.settings,
              .objectives = r.objectives,
              .oracle = r.oracle,
              .folds = r.inner_folds,
              .stratified = r.stratified,
              .seed = seed,
              .study = "inner",
              .storage = "sqlite:///" + folder + "/study.db",
              .folder = folder};
  const auto remove = [&] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  };
  try {
    const TuneResult found = run_tune(job, {.interrupted = hooks.interrupted, .data = &inner});
    remove();
    if (found.best == nullptr) throw Error({.category = Category::failed, .where = "the inner search", .what = "no trial ended well"});
    return found.best->params;
  } catch (...) {
    remove();
    throw;
  }
}

}  // namespace

CrossValidationResult cross_validate(const CrossValidation& r, const TuneHooks& hooks) {
  const double begin = steady_seconds();
  const Space space = space_of(r.settings);
  const FitJob first = job_from(settings_with_values(r.settings, space, space.defaults()));
  const DataSplits loaded = hooks.data != nullptr ? *hooks.data : load_job_data(first.data, first);
  const Dataset data = loaded.train ? *loaded.train : loaded.any();
  std::vector<Fold> folds;
  for (std::int64_t k = 0; k < r.repeats; ++k)
    for (auto& fold : folds_of(data, r.folds, r.stratified, r.seed + static_cast<std::uint64_t>(k))) folds.push_back(std::move(fold));
  CrossValidationResult out;
  out.scores.resize(folds.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < folds.size() && !stopped; i = next++) {
        const Dataset train = data.take(folds[i].train), held_out = data.take(folds[i].test);
        FoldScore score{
            .repeat = static_cast<std::int64_t>(i) / r.folds, .fold = static_cast<std::int64_t>(i) % r.folds, .rows = held_out.size()};
        Values values;
        if (!space.empty()) {
          values = chosen_inside(r, train, hooks, r.seed);
          score.params = space.json(values);
        }
        FitJob job = job_from(settings_with_values(r.settings, space, values));
        job.threads = threads_of({.settings = r.settings, .jobs = r.jobs});
        bool broken = false;
        score.values = train_and_evaluate(job, train, held_out, hooks.interrupted, broken);
        if (broken) stopped = true;
        const std::lock_guard lock(mutex);
        if (hooks.say && !broken) {
          std::string line = fmt::format("fold {}/{}", i + 1, folds.size());
          for (const auto& [name, value] : score.values) line += "  " + name + " " + metric_text(value);
          if (!score.params.is_null()) line += "  " + space.label(values);
          hooks.say(line);
        }
        out.scores[i] = std::move(score);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      stopped = true;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < std::max(r.jobs, 1); ++i) threads.emplace_back(work);
  for (auto& t : threads) t.join();
  if (error) std::rethrow_exception(error);
  out.interrupted = stopped;
  out.seconds = steady_seconds() - begin;
  if (stopped) return out;
  for (std::size_t k = 0; k < out.scores.at(0).values.size(); ++k) {
    std::vector<double> values;
    for (const auto& s : out.scores) values.push_back(s.values.at(k).second);
    out.mean.emplace_back(out.scores[0].values[k].first, mean_with_error(values));
  }
  return out;
}

std::string cross_validation_json(const CrossValidationResult& r) {
  JsonValue folds = JsonValue::array(), mean = JsonValue::object(), error = JsonValue::object();
  for (const auto& s : r.scores) {
    JsonValue row = JsonValue::object({{"repeat", s.repeat}, {"fold", s.fold}, {"rows", s.rows}});
    for (const auto& [name, value] : s.values) row[name] = value;
    if (!s.params.is_null()) row["params"] = s.params;
    folds.push_back(row);
  }
  for (const auto& [name, m] : r.mean) {
    mean[name] = m.mean;
    error[name] = m.standard_error;
  }
  return JsonValue::object({{"folds", folds}, {"mean", mean}, {"stderr", error}, {"seconds", r.seconds}}).text(2);
}

Dataset joined_rows(const Dataset& a, const Dataset& b) {
  if (a.streamed || b.streamed || a.table != b.table || a.sample_shape() != b.sample_shape() || a.x.dtype() != b.x.dtype() ||
      a.y.dtype() != b.y.dtype() || a.sample_weights.empty() != b.sample_weights.empty())
    throw Error({.category = Category::data,
                 .where = a.name + " and " + b.name,
                 .what = "cannot be trained on together: their samples differ, or are streamed"});
  const auto join = [](const Array& x, const Array& y) {
    Array out(x.shape().without_batch().with_batch(x.rows() + y.rows()), x.dtype());
    std::memcpy(out.data(), x.data(), x.bytes());
    std::memcpy(out.data() + x.bytes(), y.data(), y.bytes());
    return out;
  };
  Dataset out = a;
  out.x = join(a.x, b.x);
  out.y = join(a.y, b.y);
  if (!a.sample_weights.empty()) out.sample_weights = join(a.sample_weights, b.sample_weights);
  out.files.insert(out.files.end(), b.files.begin(), b.files.end());
  return out;
}

Finalized finalize_study(const std::string& storage, const std::string& name, std::int64_t seeds, const TuneHooks& hooks) {
  const double begin = steady_seconds();
  const TuneJob study = stored_job(storage, name);
  const TuneResult r = read_study(storage, name);
  if (!study.command.empty())
    throw Error(
        {.category = Category::usage, .where = "lehr tune finalize", .what = "the study runs a program: only the program can retrain"});
  if (r.best == nullptr) throw Error({.category = Category::failed, .where = "study " + name, .what = "no trial ended well yet"});
  Finalized out{.study = name,
                .objective = r.objectives[0].name,
                .trial = r.best->number,
                .params = r.space.json(r.best->params),
                .trial_value = r.best->values[0]};
  FitJob job = job_from(settings_with_values(study.settings, r.space, r.best->params));
  const JsonValue* epoch = r.best->user_attr("best_epoch");
  out.epochs = epoch != nullptr ? epoch->integer() + 1 : r.best->stage.epochs > 0 ? r.best->stage.epochs : job.epochs;
  job.epochs = out.epochs;
  job.callbacks.clear();  // the number of epochs is what they found
  const JobParts parts = job_parts(job, hooks.data != nullptr ? *hooks.data : load_job_data(job.data, job));
  const Dataset all = parts.validation ? joined_rows(parts.train, *parts.validation) : parts.train;
  if (!parts.test) out.warnings.emplace_back("there is no test part: nothing says what the choice is worth on new data");
  const std::uint64_t first = job.seed;
  for (std::int64_t k = 0; k < seeds; ++k) {
    job.seed = first + 1000 + static_cast<std::uint64_t>(k);  // none that a trial has had
    bool stopped = false;
    if (parts.validation) {
      for (const auto& [metric, value] : train_and_evaluate(job, parts.train, *parts.validation, hooks.interrupted, stopped))
        if ("val_" + metric == out.objective) out.retrained.push_back(value);
    }
    if (parts.test && !stopped) out.test.push_back(train_and_evaluate(job, all, *parts.test, hooks.interrupted, stopped));
    if (stopped) throw Error({.category = Category::interrupted, .where = "lehr tune finalize", .what = "stopped; begin it again"});
    if (hooks.say) hooks.say(fmt::format("seed {}: trained {} epochs", job.seed, out.epochs));
  }
  out.warnings.emplace_back("the trial's value is the best of " + std::to_string(r.trials.size()) +
                            ": chosen for being high, it is too good by chance");
  out.warnings.emplace_back("the test set says it once: who chooses between studies by it has made it a validation set");
  out.seconds = steady_seconds() - begin;
  return out;
}

namespace {

std::vector<std::pair<std::string, MeanWithError>> means(const std::vector<Scores>& runs) {
  std::vector<std::pair<std::string, MeanWithError>> out;
  if (runs.empty()) return out;
  for (std::size_t k = 0; k < runs[0].size(); ++k) {
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(run[k].second);
    out.emplace_back(runs[0][k].first, mean_with_error(values));
  }
  return out;
}

}  // namespace

std::string finalized_text(const Finalized& f) {
  std::string out = fmt::format("trial {} of {}, {} epochs: {}\n", f.trial + 1, f.study, f.epochs, f.params.text());
  out += fmt::format("  the trial said       {} {}\n", f.objective, metric_text(f.trial_value));
  if (!f.retrained.empty()) {
    const auto m = mean_with_error(f.retrained);
    out += fmt::format("  trained again        {} {} +- {:.2g} ({} seeds, the same rows)\n", f.objective, metric_text(m.mean),
                       m.standard_error, f.retrained.size());
  }
  for (const auto& [name, m] : means(f.test))
    out += fmt::format("  on the test set      {} {} +- {:.2g} ({} seeds, training and validation rows)\n", name, metric_text(m.mean),
                       m.standard_error, f.test.size());
  for (const auto& w : f.warnings) out += "  note: " + w + "\n";
  return out;
}

std::string finalized_json(const Finalized& f) {
  const auto retrained = mean_with_error(f.retrained);
  JsonValue test = JsonValue::object(), error = JsonValue::object();
  for (const auto& [name, m] : means(f.test)) {
    test[name] = m.mean;
    error[name] = m.standard_error;
  }
  JsonValue again;
  if (!f.retrained.empty())
    again = JsonValue::object({{"mean", retrained.mean}, {"stderr", retrained.standard_error}, {"values", f.retrained}});
  return JsonValue::object({{"study", f.study},
                            {"objective", f.objective},
                            {"trial", f.trial},
                            {"epochs", f.epochs},
                            {"params", f.params},
                            {"trial_value", f.trial_value},
                            {"retrained", again},
                            {"test", test},
                            {"test_stderr", error},
                            {"warnings", f.warnings},
                            {"seconds", f.seconds}})
      .text(2);
}

}  // namespace lehr
