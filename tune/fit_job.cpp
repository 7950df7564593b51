#include "tune/fit_job.h"

#include <algorithm>
#include <filesystem>

#include "engine/atomic_file.h"
#include "engine/config.h"
#include "engine/data/load.h"
#include "engine/spec/parse.h"
#include "kernels/cpu.h"
#include "layers/augmentation.h"
#include "layers/catalogue.h"
#include "tune/callbacks/combination.h"
#include "tune/callbacks/learning_rate_scheduler.h"
#include "tune/callbacks/tensorboard.h"
#include "tune/format.h"
#include "tune/job_inputs.h"
#include "tune/plot/curves.h"
#include "tune/report/report_html.h"
#include "tune/row_feed.h"
#include "tune/run_folder.h"
#include "tune/run_writer.h"

namespace lehr {

namespace {

/// What this device has not.
void check_device_flags(const FitJob& job, const Backend& backend) {
  if (job.conv != "auto" && job.conv != "cudnn" && job.conv != "ours")
    throw Error(
        {.category = Category::usage, .where = "--conv", .what = "unknown choice", .expected = "auto, cudnn or ours", .got = job.conv});
  if (backend.kind() != DeviceKind::cpu) return;
  const auto refuse = [](const std::string& flag, const char* what, const char* expected) {
    throw Error(
        {.category = Category::usage, .where = flag, .what = what, .expected = expected, .hint = "It is for a GPU: --device cuda."});
  };
  if (precision_of(job.precision) == Precision::tf32) refuse("--precision tf32", "a CPU has no tf32", "float32 or mixed_bfloat16");
  if (job.conv != "auto") refuse("--conv " + job.conv, "a CPU has one choice of convolutions", "--conv auto");
  if (job.autotune) refuse("--autotune", "a CPU has no engines to measure", "");
  if (job.fast) refuse("--fast", "a CPU repeats its bits at no cost", "");
}

}  // namespace

OpenedDevice open_device(const FitJob& job) {
  const Variant convolutions = job.conv == "ours" ? Variant::ours : job.conv == "cudnn" ? Variant::library : Variant::automatic;
  OpenedDevice device = open_device(job.device, job.threads, {.convolutions = convolutions, .autotune = job.autotune, .fast = job.fast});
  check_device_flags(job, *device.backend);
  return device;
}

namespace {

std::size_t resident_bytes(const std::optional<Dataset>& data) { return data ? data->x.bytes() + data->y.bytes() : 0; }

/// What training holds at its peak; `other`: parts that wait for the end.
std::string memory_text(const MemoryUse& use, std::size_t other) {
  const auto bytes = [](std::size_t b) { return bytes_text(static_cast<double>(b)); };
  std::string out = bytes(use.total() + other) + " at the peak: weights, gradients and optimizer " + bytes(use.weights) + ", activations " +
                    bytes(use.activations) + ", data " + bytes(use.samples + other);
  if (use.streamed > 0) {
    const StreamingRing ring = streaming_ring();
    out += "; " + bytes(use.streamed) + " of samples stay on disk and are read " + std::to_string(ring.slots) + " batches ahead";
  }
  return out;
}

class JobRun {
 public:
  JobRun(const FitJob& job, const FitJobHooks& hooks)
      : job_(job), hooks_(hooks), parts_(job_parts(job, hooks.data != nullptr ? *hooks.data : load_job_data(job.data, job, hooks), hooks)) {
    JobModel made = make_job_model(job, parts_.train);
    model_ = std::move(made.model);
    own_optimizer_ = made.own_optimizer;
    scaler_ = std::move(made.scaler);
    augmentation_ = std::move(made.augmentation);
    for (auto& message : made.messages) parts_.messages.push_back(std::move(message));
    warn_of_schedule();
    warn_of_callbacks();
    origin_ = checkpoint_origin(*model_, parts_.train);
    origin_.program = hooks.program;
  }

  FitOutcome run() {
    if (job_.resume)
      folder_ = RunFolder::open(job_.run, job_.runs_root);
    else if (!job_.run.empty())
      RunFolder::check_free(job_.run, job_.overwrite);
    FitOptions options = fit_options();
    options.on_epoch = [&](const TrainingState& state) {
      note_best(state.history);
      writer_->submit(capture_checkpoint(*model_, state, origin_, writer_->reusable()));
      warn_of_disk();
    };
    options.on_ready = [&](const MemoryUse& memory) {
      make_folder();
      options.folder = folder_->path();
      if (job_.resume) rewind(options.resume ? options.resume->history : History{});
      writer_.emplace(*folder_, logged_);
      if (hooks_.renderer != nullptr) hooks_.renderer->on_run_begin(run_info(options, memory));
      for (const auto& message : parts_.messages) say(message);
      // Its end is done once more: it may have been killed there.
      if (options.resume && options.resume->ended(job_.epochs)) say("this run is finished; a larger --epochs goes on with it");
    };
    FitResult result = model_->fit_run(parts_.train, options);
    // Otherwise the last epoch's stands: weights that a callback restored at the end are no place to go on from.
    if (result.interrupted) writer_->submit(capture_checkpoint(*model_, result.state, origin_));
    end_writing(result);
    return finish(result);
  }

 private:
  void warn_of_schedule() {
    const LearningRate& rate = model_->options().optimizer.learning_rate();
    if (!rate.constant()) warn_of(*rate.schedule());
  }

  /// Where it hardly moves.
  void warn_of(const Schedule& schedule) {
    const std::int64_t batch = std::min(job_.batch_size, parts_.train.size());
    const auto run = model_->options().optimizer.learning_rate().run(
        {.epochs = static_cast<double>(job_.epochs), .steps_per_epoch = (parts_.train.size() + batch - 1) / batch});
    if (const std::string warning = schedule_warning(schedule, run); !warning.empty()) parts_.messages.push_back("warning: " + warning);
  }

  void warn_of_callbacks() {
    for (const auto& text : job_.callbacks) callbacks_.push_back(callback_catalogue().from(parse_spec(text, "--callback")));
    for (const auto& callback : callbacks_)
      if (const auto* scheduler = callback.as<LearningRateScheduler>(); scheduler != nullptr) warn_of(scheduler->schedule.value());
    for (const auto& warning : combination_warnings(callbacks_, {.epochs = job_.epochs,
                                                                 .scheduled = !model_->options().optimizer.learning_rate().constant(),
                                                                 .validates = parts_.validation.has_value()}))
      parts_.messages.push_back("warning: " + warning);
  }

  /// A disk that is full does not end a training: what is there stays, and what comes is tried again after every epoch.
  void warn_of_disk() {
    const auto problem = writer_->take_problem();
    if (problem && !std::exchange(disk_failed_, true))
      say("warning: the run cannot be saved (" + std::string(problem->what()) + "); training goes on, the last checkpoint stands");
    if (!problem) disk_failed_ = false;
  }

  void end_writing(const FitResult& result) {
    try {
      writer_->finish();
    } catch (const Error& e) {
      if (result.interrupted) throw;
      say("warning: the last checkpoint cannot be written (" + std::string(e.what()) + ")");
    }
  }

  void say(const std::string& line) const {
    if (hooks_.renderer != nullptr) hooks_.renderer->on_message(line);
  }

  /// Before it is made: a new name may be another's by then.
  std::filesystem::path folder_to_be() const {
    if (folder_) return folder_->path();
    return job_.run.empty() ? RunFolder::free_path(job_.runs_root, job_.name, today()) : std::filesystem::path(job_.run);
  }

  void make_folder() {
    if (!folder_)
      folder_ = job_.run.empty() ? RunFolder::create(job_.runs_root, job_.name, today()) : RunFolder::create_at(job_.run, job_.overwrite);
    Config config;
    FitJob settled = job_;
    if (settled.optimizer.empty() && !own_optimizer_) settled.optimizer = "adam";
    for (const auto& [flag, values] : job_settings(settled)) {
      if (flag == "callback" || flag == "metrics")
        config.set(flag, values);
      else
        config.set(flag, values.at(0));
    }
    folder_->write("config.toml", config.text());
    if (!job_.exclude.empty()) folder_->write(exclusion_file, read_file(job_.exclude));
    if (scaler_) folder_->write(scaler_file, scaler_->json());
    if (const auto& table = model_->options().table; table != nullptr) folder_->write(table_file, table->json());
  }

  FitOptions fit_options() {
    FitOptions options{.epochs = job_.epochs,
                       .batch_size = job_.batch_size,
                       .validation_data = parts_.validation ? &*parts_.validation : nullptr,
                       .validation_freq = job_.validation_freq,
                       .shuffle = job_.shuffle,
                       .renderer = hooks_.renderer,
                       .folder = folder_to_be(),
                       .interrupted = hooks_.interrupted};
    options.callbacks = callbacks_;
    options.callbacks.emplace_back(TensorBoard{.log_dir = ".", .split = false});
    for (const auto& [flag, values] : job_settings(job_)) {
      std::string text;
      for (const auto& value : values) text += (text.empty() ? "" : ", ") + value;
      options.settings.emplace_back(flag, text);
    }
    options.augmentation = augmentation_;
    options.class_weights = class_weights(job_.class_weight, parts_.train, model_->network().output().elements());
    if (!folder_) return options;
    if (const std::string file = folder_->file("checkpoint.lehr").string(); checkpoint_exists(file))
      options.resume = read_checkpoint(file, *model_, origin_, &parts_.messages);
    return options;
  }

  RunInfo run_info(const FitOptions& options, const MemoryUse& memory) const {
    const std::int64_t n = parts_.train.size(), batch = std::min(job_.batch_size, n);
    return {.model = job_.model,
            .parameters = model_->network().parameter_count(),
            .trainable_parameters = model_->network().trainable_count(),
            .samples = n,
            .validation_samples = parts_.validation ? parts_.validation->size() : 0,
            .batch_size = batch,
            .steps_per_epoch = (n + batch - 1) / batch,
            .epochs = job_.epochs,
            .initial_epoch = options.resume ? options.resume->position.epoch : 0,
            .device = model_->backend().name(),
            .precision = job_.precision,
            .memory = memory_text(memory, resident_bytes(parts_.test)),
            .run = folder_->path().string()};
  }

  // The best weights by the monitored value, kept beside the last ones.
  void note_best(const History& history) {
    const std::string monitor = history.has("val_loss") ? "val_loss" : "loss";
    const auto best = history.best(monitor, false);
    if (best && *best == history.epochs() - 1) writer_->best(model_->weight_file("best.weights.h5"));
  }

  void rewind(const History& history) {
    folder_->rewind(history);
    logged_ = history.events.size();
  }

  RunSummary base_summary() const {
    RunSummary s{.run = folder_->path().string(),
                 .device = model_->backend().name(),
                 .precision = job_.precision,
                 .seed = static_cast<std::int64_t>(job_.seed)};
    return s;
  }

  VerdictEvidence evidence() const {
    VerdictEvidence e;
    if (parts_.train.labels() == LabelKind::values || parts_.train.labels() == LabelKind::none) return e;
    e.classes = model_->network().output().elements();
    const Dataset& judged = parts_.validation ? *parts_.validation : parts_.train;
    e.largest_class_share = largest_class(judged).share;
    e.class_entropy = class_entropy(parts_.train);
    return e;
  }

  FitOutcome finish(const FitResult& result) {
    FitOutcome out{.history = result.history, .interrupted = result.interrupted, .class_names = parts_.train.class_names};
    folder_->write_history(result.history);
    folder_->write_events(result.history);
    model_->save_weights(folder_->file("last.weights.h5").string());
    save_model();
    RunSummary summary = base_summary();
    summary.seconds = result.seconds;
    summary.samples_per_s = result.samples_per_s;
    summary.restored_epoch = result.restored_epoch;
    if (result.stopped) summary.stopped = RunStop{.epoch = result.stopped->first, .why = result.stopped->second};
    if (result.interrupted) {
      summary.continue_command = "lehr fit --resume " + folder_->path().string();
    } else if (parts_.test && parts_.test->labels() != LabelKind::none) {
      evaluate(out, summary);
    }
    if (!result.history.rows.empty()) {
      summary.verdict = verdict(result.history, evidence());
      plot::write_curves(result.history, folder_->file("curves.svg"), folder_->file("curves.png"),
                         job_.model.size() < 60 ? job_.model : job_.name);
      summary.pictures = {folder_->file("curves.svg").string(), folder_->file("curves.png").string()};
    }
    if (!result.interrupted)
      if (const std::string problem = write_report(*folder_, job_, *model_, parts_); !problem.empty()) say(problem);
    out.summary = summarize(result.history, summary);
    if (hooks_.renderer != nullptr) hooks_.renderer->on_run_end(out.summary);
    return out;
  }

  /// For Keras, and to go on with here. What it holds beside the weights depends on what Keras knows.
  void save_model() const {
    try {
      model_->save_weights(folder_->file("model.keras").string());
    } catch (const Error& error) {
      if (error.info().category != Category::usage) throw;
      say("model.keras is not written: " + std::string(error.what()));
      return;
    }
    if (scaler_) say("model.keras takes features that are scaled already: by " + std::string(scaler_file));
    if (model_->options().table != nullptr) say("model.keras takes a table's features, not its cells: made by " + std::string(table_file));
    if (!keras_knows(model_->options().optimizer))
      say("model.keras is not compiled: Keras has no " + std::string(model_->options().optimizer.info().class_name));
  }

  void evaluate(FitOutcome& out, RunSummary& summary) {
    check_dataset(*parts_.test);
    const Dataset test = model_->features_of(*parts_.test);
    const Evaluation e = model_->evaluate(test, job_.batch_size);
    summary.evaluations.emplace_back("Test", e.values);
    if (test.labels() == LabelKind::values) return;
    summary.largest_class_share = largest_class(test).share;
    if (!e.predicted.empty()) {
      const auto truth = test.label_ids();
      out.confusion = confusion_matrix(truth, e.predicted, model_->network().output().elements());
    }
  }

  const FitJob& job_;
  const FitJobHooks& hooks_;
  JobParts parts_;
  std::unique_ptr<Model> model_;
  Network augmentation_;
  std::vector<CallbackSpec> callbacks_;
  CheckpointOrigin origin_;
  std::optional<RunFolder> folder_;
  std::optional<RunWriter> writer_;
  std::size_t logged_ = 0;  ///< events that log.jsonl holds
  bool disk_failed_ = false;
  bool own_optimizer_ = false;
  std::optional<FeatureScaler> scaler_;
};

}  // namespace

FitOutcome run_fit_job(const FitJob& job, const FitJobHooks& hooks) { return JobRun(job, hooks).run(); }

}  // namespace lehr
