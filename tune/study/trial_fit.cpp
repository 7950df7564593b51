#include "tune/study/trial_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/json.h"
#include "engine/spec/parse.h"
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

/// A checkpoint under another rate or momentum: its optimizer's text becomes this model's, which must keep as many slots.
TrainingState adopt_checkpoint(const std::string& file, Model& model) {
  NamedArrays arrays = read_npz(file);
  for (auto& [name, values] : arrays) {
    if (name != "checkpoint.json") continue;
    const auto bytes = values.as<std::uint8_t>();
    JsonValue meta = JsonValue::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
    meta["optimizer"] = model.options().optimizer.text().print();
    const std::string text = meta.text();
    values = Array::from<std::uint8_t>({std::ssize(text)}, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  const std::string copy = file + ".adopted-" + hex16(reinterpret_cast<std::uintptr_t>(&model));
  write_npz(copy, arrays);
  try {
    TrainingState state = read_checkpoint(copy, model);
    std::filesystem::remove(copy);
    return state;
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(copy, ignored);
    throw;
  }
}

void check_objectives(const std::vector<Objective>& objectives, const Model& model, bool validation) {
  auto known = model.log_names(validation);
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
    JobModel made = make_job_model(job_, data);
    Model& model = *made.model;
    FitOptions options{
        .epochs = job_.epochs, .batch_size = job_.batch_size, .validation_data = validation, .shuffle = job_.shuffle, .folder = r_.folder};
    for (const auto& text : job_.callbacks) options.callbacks.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
    if (!options.callbacks.empty() && !r_.folder.empty()) std::filesystem::create_directories(r_.folder);  // they may write there
    options.augmentation = made.augmentation;
    options.class_weights = class_weights(job_.class_weight, data, model.network().output().elements());
    check_objectives(r_.objectives, model, validation != nullptr);
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
    if (done_.interrupted || r_.keep_checkpoint) save(model, result.state);
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
    return adopt_checkpoint(source.string(), model);
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

  void on_epoch(Model& model, const TrainingState& state) {
    const History& h = state.history;
    const std::int64_t row = h.epochs() - 1, epoch = h.rows.back().epoch;
    const double value = objective(model, h, 0, row);
    if (epoch >= r_.stage.initial_epoch) {
      const bool better = std::isnan(best_) || (r_.objectives[0].maximize ? value > best_ : value < best_);
      if (!std::isnan(value) && better) {
        best_ = value;
        if (r_.executions * std::max<std::int64_t>(r_.folds, 1) == 1) done_.best_weights = model.weights();
      }
      if (watch_.report && !watch_.report(epoch, value)) pruned_ = true;
    }
    if (watch_.out_of_time && watch_.out_of_time()) late_ = true;
    if (!r_.folder.empty() && steady_seconds() - saved_ > 10 && epoch + 1 < job_.epochs) save(model, state);
  }

  void save(const Model& model, const TrainingState& state) {
    if (r_.folder.empty()) return;
    std::filesystem::create_directories(r_.folder);
    write_checkpoint(own().string(), capture_checkpoint(model, state));
    saved_ = steady_seconds();
  }

  void score(const Model& model, const FitResult& result) {
    const History& h = result.history;
    std::optional<std::int64_t> best;
    for (std::int64_t row = 0; row < h.epochs(); ++row) {
      if (h.rows[static_cast<std::size_t>(row)].epoch < r_.stage.initial_epoch) continue;
      const double value = objective(model, h, 0, row);
      if (std::isnan(value)) continue;
      const double held = best ? objective(model, h, 0, *best) : value;
      if (!best || r_.score_last || (r_.objectives[0].maximize ? value > held : value < held)) best = row;
    }
    // The last epoch's value counts where it is asked for, even if it is no number.
    if (r_.score_last && h.epochs() > 0 && std::isnan(objective(model, h, 0, h.epochs() - 1))) best.reset();
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

TrialCost measure_trial(const TrialRequest& r, SharedData& shared, double seconds) {
  const FitJob job = job_of(r);
  const auto parts = shared.get(job);
  JobModel made = make_job_model(job, parts->train);
  check_objectives(r.objectives, *made.model, parts->validation.has_value() || r.folds > 0);
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
