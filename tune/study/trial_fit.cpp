#include "tune/study/trial_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "engine/spec/parse.h"
#include "tune/baselines/baseline_score.h"
#include "tune/checkpoint.h"
#include "tune/job_inputs.h"
#include "tune/steady_seconds.h"

namespace lehr {

namespace {

FitJob job_of(const TrialRequest& r) {
  std::vector<std::pair<std::string, std::vector<std::string>>> settings;
  for (const auto& s : r.settings) settings.emplace_back(s.flag, s.values);
  FitJob job = job_from_settings(settings, "lehr tune");
  if (r.stage.epochs > 0) job.epochs = r.stage.epochs;
  if (r.threads > 0) job.threads = r.threads;
  if (job.epochs < 1 || job.batch_size < 1)
    throw Error({.category = Category::usage,
                 .where = job.epochs < 1 ? "--epochs" : "--batch-size",
                 .what = "must be positive",
                 .expected = "1 or more"});
  return job;
}

std::size_t bytes_of(const JobParts& p) {
  std::size_t total = 0;
  for (const Dataset* d : {&p.train, p.validation ? &*p.validation : nullptr, p.test ? &*p.test : nullptr})
    if (d != nullptr) total += d->x.bytes() + d->y.bytes();
  return total;
}

void check_objectives(const std::vector<Objective>& objectives, std::vector<std::string> known, bool validation) {
  known.insert(known.end(), {"seconds", "parameters", "epochs"});
  for (const auto& o : objectives) {
    if (std::find(known.begin(), known.end(), o.name) != known.end()) continue;
    std::string names;
    for (const auto& n : known) names += (names.empty() ? "" : ", ") + n;
    throw Error({.category = Category::usage,
                 .where = "--objective " + o.name,
                 .what = "will not be there",
                 .expected = names,
                 .got = o.name,
                 .hint = o.name.starts_with("val_") && !validation ? "Give --validation-split, --validation or --folds." : ""});
  }
}

void check_baseline(const std::vector<Objective>& objectives, const FitJob& job, const Dataset& train, bool validation) {
  if (!validation)
    throw Error({.category = Category::usage,
                 .where = "--model " + job.model,
                 .what = "a baseline is asked about rows that it has not seen",
                 .expected = "rows to validate on",
                 .hint = "Give --validation-split, --validation or --folds."});
  std::vector<std::string> names = baseline_metrics(job, train);
  for (auto& name : names) name.insert(0, "val_");
  check_objectives(objectives, names, validation);
}

/// One training of a trial: of one fold, with one seed.
class OneRun {
 public:
  OneRun(const TrialRequest& request, const TrialWatch& watch, FitJob job, std::string name)
      : r_(request), watch_(watch), job_(std::move(job)), name_("checkpoint-" + std::move(name) + ".lehr") {}

  struct Done {
    std::vector<double> values;
    std::optional<std::int64_t> best_epoch;
    std::int64_t epochs = 0;
    std::size_t memory = 0;
    bool pruned = false, interrupted = false, from_scratch = false;
    NamedArrays best_weights;
  };

  Done train(const Dataset& data, const Dataset* validation) {
    if (const auto baseline = baseline_from(job_.model)) return score(*baseline, data, validation);
    JobModel made = make_job_model(job_, data);
    Model& model = *made.model;
    FitOptions options{.epochs = job_.epochs,
                       .schedule_epochs = r_.longest,
                       .batch_size = job_.batch_size,
                       .validation_data = validation,
                       .shuffle = job_.shuffle,
                       .folder = r_.folder};
    for (const auto& text : job_.callbacks) options.callbacks.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
    std::error_code unmade;  // they may write there, and say so themselves where they cannot
    if (!options.callbacks.empty() && !r_.folder.empty()) std::filesystem::create_directories(r_.folder, unmade);
    options.augmentation = made.augmentation;
    options.class_weights = class_weights(job_.class_weight, data, model.network().output().elements());
    check_objectives(r_.objectives, model.log_names(validation != nullptr), validation != nullptr);
    options.resume = state_to_go_on_with(model);
    const std::int64_t before = options.resume ? options.resume->position.epoch : 0;
    options.on_ready = [&](const MemoryUse& use) {
      done_.memory = use.weights + use.activations;
      if (r_.memory_limit > 0 && static_cast<double>(done_.memory) > r_.memory_limit)
        throw Error({.category = Category::device,
                     .where = "memory",
                     .what = "the trial does not fit: it was not begun",
                     .expected = std::to_string(static_cast<std::int64_t>(r_.memory_limit)) + " bytes",
                     .got = std::to_string(done_.memory)});
    };
    options.on_epoch = [&](const TrainingState& state) { on_epoch(model, state); };
    options.interrupted = [&] { return pruned_ || late_ || (watch_.interrupted && watch_.interrupted()); };
    const FitResult result = model.fit_run(data, options);
    done_.pruned = pruned_ || late_;
    done_.interrupted = result.interrupted && !done_.pruned;
    done_.epochs = result.history.epochs() - before;
    if (done_.interrupted) save(model, result.state);
    if (!done_.interrupted) score(model, result);
    return std::move(done_);
  }

 private:
  std::filesystem::path own() const { return r_.folder / name_; }

  /// Its own checkpoint, else that of the trial it continues. Where that one lies on another machine, the training begins again: to the same bits.
  std::optional<TrainingState> state_to_go_on_with(Model& model) {
    if (!r_.folder.empty() && std::filesystem::exists(own())) return read_checkpoint(own().string(), model);
    if (!r_.stage.source) return {};
    const auto source = r_.source_folder / name_;
    if (r_.source_folder.empty() || !std::filesystem::exists(source)) {
      done_.from_scratch = true;
      return {};
    }
    auto [state, same] = adopt_checkpoint(source.string(), model);
    if (state.stopped && same) state.epochs = job_.epochs;  // by a callback, which would have ended an unbroken training as well
    return state;
  }

  double objective(const Model& model, const History& h, std::size_t k, std::int64_t row) const {
    const std::string& name = r_.objectives[k].name;
    if (name == "parameters") return static_cast<double>(model.network().parameter_count());
    if (name == "epochs") return static_cast<double>(h.epochs());
    if (name != "seconds") return h.at(name, row);
    double total = 0;
    for (const double s : h.column("seconds")) total += s;
    return total;
  }

  /// False after an epoch without a validation that would say.
  bool measured(std::int64_t epoch) const { return !r_.objectives[0].name.starts_with("val_") || (epoch + 1) % job_.validation_freq == 0; }

  void on_epoch(Model& model, const TrainingState& state) {
    const History& h = state.history;
    const std::int64_t row = h.epochs() - 1, epoch = h.rows.back().epoch;
    const double value = objective(model, h, 0, row);
    if (epoch >= r_.stage.initial_epoch && measured(epoch)) {
      const bool better = std::isnan(best_) || (r_.objectives[0].maximize ? value > best_ : value < best_);
      if (!std::isnan(value) && better) {
        best_ = value;
        if (r_.executions * std::max<std::int64_t>(r_.folds, 1) == 1) done_.best_weights = model.weights();
      }
      if (watch_.report && !watch_.report(epoch, value)) pruned_ = true;
    }
    if (watch_.out_of_time && watch_.out_of_time()) late_ = true;
    // The last epoch's weights, before a callback puts the best ones in their place: where a promotion goes on.
    const bool last = epoch + 1 == job_.epochs || state.stopped;
    if (last ? r_.keep_checkpoint : steady_seconds() - saved_ > 10) save(model, state);
  }

  void save(const Model& model, const TrainingState& state) {
    if (r_.folder.empty()) return;
    saved_ = steady_seconds();
    try {
      write_checkpoint(own().string(), capture_checkpoint(model, state));
    } catch (const Error& e) {  // whoever goes on with this trial trains it from the beginning, to the same bits
      if (!disk_is_full(e)) throw;
      if (watch_.warn) watch_.warn(std::string("warning: ") + e.what() + " The search goes on without it.");
    }
  }

  /// One that has no epochs: it learns, and is asked once.
  Done score(const Baseline& baseline, const Dataset& data, const Dataset* validation) {
    check_baseline(r_.objectives, job_, data, validation != nullptr);
    const BaselineScore scored = score_baseline(baseline, job_, data, *validation);
    for (const Objective& o : r_.objectives)
      done_.values.push_back(o.name == "seconds"      ? scored.seconds
                             : o.name == "parameters" ? static_cast<double>(scored.parameters)
                             : o.name == "epochs"     ? 1.0
                                                      : scored.evaluation.value(o.name.substr(4)));  // after val_
    done_.epochs = 1;
    done_.best_epoch = 0;
    if (watch_.report) watch_.report(0, done_.values[0]);
    return std::move(done_);
  }

  void score(const Model& model, const FitResult& result) {
    const History& h = result.history;
    std::optional<std::int64_t> best;
    // One that a callback has ended in an earlier round is what it was.
    const std::int64_t first = h.epochs() > 0 && h.rows.back().epoch >= r_.stage.initial_epoch ? r_.stage.initial_epoch : 0;
    bool last_is_none = false;
    for (std::int64_t row = 0; row < h.epochs(); ++row) {
      const std::int64_t epoch = h.rows[static_cast<std::size_t>(row)].epoch;
      if (epoch < first || !measured(epoch)) continue;
      const double value = objective(model, h, 0, row);
      last_is_none = std::isnan(value);
      if (last_is_none) continue;
      const double held = best ? objective(model, h, 0, *best) : value;
      if (!best || r_.score_last || (r_.objectives[0].maximize ? value > held : value < held)) best = row;
    }
    // The last epoch's value counts where it is asked for, even if it is no number.
    if (r_.score_last && last_is_none) best.reset();
    if (!best) return;
    done_.best_epoch = h.rows[static_cast<std::size_t>(*best)].epoch;
    for (std::size_t k = 0; k < r_.objectives.size(); ++k) done_.values.push_back(objective(model, h, k, *best));
  }

  const TrialRequest& r_;
  const TrialWatch& watch_;
  FitJob job_;
  std::string name_;
  Done done_;
  double best_ = std::numeric_limits<double>::quiet_NaN(), saved_ = steady_seconds();
  bool pruned_ = false, late_ = false;
};

void average(TrialResult& out, const std::vector<OneRun::Done>& runs, std::size_t objectives) {
  out.values.assign(objectives, 0);
  for (const auto& run : runs) {
    if (run.values.empty()) {
      out.values.clear();
      out.state = TrialState::fail;
      out.reason = "the objective is no number in any epoch";
      return;
    }
    out.runs.push_back(run.values[0]);
    for (std::size_t k = 0; k < objectives; ++k) out.values[k] += run.values[k] / static_cast<double>(runs.size());
  }
  if (std::any_of(out.values.begin(), out.values.end(), [](double v) { return std::isnan(v); })) {
    out.values.clear();
    out.state = TrialState::fail;
    out.reason = "an objective is no number";
  }
}

}  // namespace

std::shared_ptr<const JobParts> SharedData::get(const FitJob& job) {
  std::string key;
  for (const auto& [flag, values] : job_settings(job))
    for (const char* name :
         {"data", "validation", "validation-split", "split", "split-seed", "image-size", "resize", "color", "memory", "evaluate-on"})
      if (flag == name) key += flag + "=" + values.at(0) + "\n";
  const std::lock_guard lock(mutex_);
  auto& held = held_[key];
  if (!held) held = std::make_shared<const JobParts>(job_parts(job, given_ != nullptr ? *given_ : load_job_data(job.data, job)));
  return held;
}

std::size_t SharedData::bytes() {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& [key, parts] : held_) total += bytes_of(*parts);
  return total;
}

TrialResult fit_trial(const TrialRequest& r, SharedData& shared, const TrialWatch& watch) {
  const FitJob job = job_of(r);
  const auto parts = shared.get(job);
  const std::vector<Fold> folds = r.folds > 0 ? folds_of(parts->train, r.folds, r.stratified, r.seed) : std::vector<Fold>{};
  const std::int64_t n = std::max<std::int64_t>(std::ssize(folds), 1);
  TrialWatch quiet = watch;
  if (n * r.executions > 1) quiet.report = {};  // an epoch of one fold says nothing about the mean
  TrialResult out;
  std::vector<OneRun::Done> runs;
  for (std::int64_t k = 0; k < r.executions; ++k)
    for (std::int64_t f = 0; f < n; ++f) {
      FitJob one = job;
      one.seed = job.seed + static_cast<std::uint64_t>(k);
      OneRun run(r, quiet, one, std::to_string(k * n + f));
      if (folds.empty()) {
        runs.push_back(run.train(parts->train, parts->validation ? &*parts->validation : nullptr));
      } else {
        const auto& fold = folds[static_cast<std::size_t>(f)];
        const Dataset train = parts->train.take(fold.train), held_out = parts->train.take(fold.test);
        runs.push_back(run.train(train, &held_out));
      }
      out.epochs += runs.back().epochs;
      out.memory = std::max(out.memory, runs.back().memory);
      out.from_scratch = out.from_scratch || runs.back().from_scratch;
      if (runs.back().interrupted) {
        out.interrupted = true;
        return out;
      }
    }
  average(out, runs, r.objectives.size());
  if (runs.size() == 1) {
    out.best_epoch = runs[0].best_epoch;
    out.best_weights = std::move(runs[0].best_weights);
    if (runs[0].pruned && out.state == TrialState::complete) out.state = TrialState::pruned;
  }
  return out;
}

namespace {

/// From a few of the rows that it would be asked about.
TrialCost measure_baseline(const Baseline& baseline, const FitJob& job, const JobParts& parts, bool timed) {
  TrialCost out{.memory = static_cast<std::size_t>(parts.train.size() * parts.train.sample_shape().elements()) * sizeof(float)};
  if (!timed) return out;
  const Dataset& asked = parts.validation ? *parts.validation : parts.train;
  const std::int64_t few = std::min<std::int64_t>(asked.size(), 256);
  const BaselineScore scored = score_baseline(baseline, job, parts.train, asked.rows(0, few));
  out.parameters = scored.parameters;
  out.seconds_per_epoch = scored.seconds;
  if (std::holds_alternative<Knn>(baseline)) out.seconds_per_epoch *= static_cast<double>(asked.size()) / static_cast<double>(few);
  out.steps_timed = 1;
  return out;
}

}  // namespace

TrialCost measure_trial(const TrialRequest& r, SharedData& shared, double seconds) {
  const FitJob job = job_of(r);
  const auto parts = shared.get(job);
  if (const auto baseline = baseline_from(job.model)) {
    check_baseline(r.objectives, job, parts->train, parts->validation.has_value() || r.folds > 0);
    return measure_baseline(*baseline, job, *parts, seconds > 0);
  }
  JobModel made = make_job_model(job, parts->train);
  const bool validates = parts->validation.has_value() || r.folds > 0;
  check_objectives(r.objectives, made.model->log_names(validates), validates);
  TrialCost out;
  FitOptions options{.epochs = 1,
                     .batch_size = job.batch_size,
                     .validation_data = parts->validation ? &*parts->validation : nullptr,
                     .shuffle = job.shuffle};
  if (options.validation_data == nullptr && r.folds > 0) options.validation_data = &parts->train;  // so that val_ names are there
  // Timed without callbacks, which may write files at an epoch's end; checked with them, for a single step.
  if (seconds <= 0)
    for (const auto& text : job.callbacks) options.callbacks.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
  options.augmentation = made.augmentation;
  options.class_weights = class_weights(job.class_weight, parts->train, made.model->network().output().elements());
  options.on_ready = [&](const MemoryUse& use) {
    out.memory = use.weights + use.activations;
    out.checkpoint = use.weights;
  };
  double first = 0, last = 0;
  options.interrupted = [&] {
    last = steady_seconds();
    if (out.steps_timed++ == 0) first = last;  // the first step wakes caches and threads
    return last - first >= seconds;
  };
  made.model->fit_run(parts->train, options);
  out.parameters = made.model->network().parameter_count();
  const double steps = std::ceil(static_cast<double>(parts->train.size()) / static_cast<double>(job.batch_size));
  if (out.steps_timed > 1) out.seconds_per_epoch = (last - first) / static_cast<double>(out.steps_timed - 1) * steps;
  return out;
}

}  // namespace lehr
