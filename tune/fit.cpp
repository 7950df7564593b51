// One call of fit: epochs, batches, validation, callbacks.
#include <algorithm>
#include <chrono>

#include "engine/atomic_file.h"
#include "engine/data/split.h"
#include "tune/callbacks/backup_and_restore.h"
#include "tune/evaluation.h"
#include "tune/fit_checks.h"
#include "tune/model.h"
#include "tune/row_feed.h"

namespace lehr {

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

class FitRun final : public Run {
 public:
  FitRun(Model& model, const Dataset& train, const FitOptions& options)
      : m_(model), o_(options), n_(train.size()), batch_(std::min(options.batch_size, train.size())) {
    verify(options, train);
    model.resolve(train);
    check_augmentation(o_.augmentation, train.sample_shape());
    if (o_.validation_data != nullptr) model.resolve(*o_.validation_data);
    form_ = form_of(train, model.options().input, !o_.class_weights.empty());
    form_.ids = takes_ids(model.loss());
    y_ = labels_for(train, form_.ids);
    rows_ = make_row_feed(backend(), train, y_, batch_);
    for (const auto& spec : o_.callbacks) callbacks_.push_back(spec.make());
    for (const auto& callback : callbacks_) has_scheduler_ = has_scheduler_ || callback->schedules();
    check_monitors(o_, callbacks_, m_.log_names(o_.validation_data != nullptr));
    full_ = make_plan(batch_);
    if (n_ % batch_ != 0) ragged_ = make_plan(n_ % batch_);
    if (scheduled()) check_rates(*rate_of_optimizer().schedule(), schedule_run());
    memory_ = measure(train);
  }

  FitResult run() {
    if (o_.on_ready) o_.on_ready(memory_);
    begin_ = now();
    leave_averaged();
    start();
    for (auto& callback : callbacks_) callback->on_train_begin(*this);
    for (epoch_ = position_.epoch; epoch_ < o_.epochs && !stopped_ && !interrupted_; ++epoch_) run_epoch();
    result_.state = training_state();
    end_averaged();
    if (!interrupted_) each([&](Callback& c) { c.on_train_end(*this); });
    result_.seconds = now() - begin_;
    result_.samples_per_s = step_seconds_ > 0 ? static_cast<double>(samples_) / step_seconds_ : 0;
    result_.interrupted = interrupted_;
    result_.history = history_;
    result_.stopped = stopped_;
    return std::move(result_);
  }

  // --- Run: what callbacks may do ---------------------------------------------------------------------------------------------------
  void stop(const std::string& reason) override {
    if (!stopped_) stopped_ = {epoch_, reason};
    epoch_ended_ = true;
    event("stopped", "Epoch " + std::to_string(epoch_ + 1) + ": " + reason, true);
  }
  double learning_rate() const override { return kept_rate(rate_at(run_step())); }
  // On top of a schedule it is a factor: rate = schedule * factor.
  void set_learning_rate(double rate) override {
    if (!scheduled()) {
      rate_override_ = kept_rate(rate);
      m_.rate_left_ = *rate_override_;
    } else if (const double planned = curve_->at(run_step()); planned > 0) {
      rate_factor_ = rate / planned;
    }
  }
  void reduce_learning_rate(double rate) override {
    if (!has_scheduler_) return set_learning_rate(rate);
    if (const double now_at = learning_rate(); now_at > 0) rate_factor_ *= rate / now_at;
  }
  double rate_factor() const override { return has_scheduler_ ? rate_factor_ : 1; }
  std::int64_t epochs() const override { return o_.epochs; }
  std::int64_t steps_per_epoch() const override { return steps(); }
  void end_epoch() override { epoch_ended_ = true; }
  std::int64_t step() const override { return base_step_ + epoch_steps_done_; }
  double seconds() const override { return seconds_before_ + now() - begin_; }
  std::vector<float> optimizer_state() const override {
    std::vector<float> out(m_.state().slots().bytes() / sizeof(float));
    if (!out.empty()) backend().copy_out(out.data(), m_.state().slots().data, out.size() * sizeof(float));
    return out;
  }
  void restore_optimizer_state(const std::vector<float>& slots) override {
    if (!slots.empty()) backend().copy_in(m_.state().slots().data, slots.data(), slots.size() * sizeof(float));
  }
  // The stop flag is set before the batch's update: the optimizer's step counter stands still from there on.
  std::optional<std::int64_t> invalid_batch() const override {
    const auto counters = m_.state().read_counters();
    if (counters.stop == 0) return {};
    return counters.step - base_step_;
  }
  void clear_invalid() override {
    auto counters = m_.state().read_counters();
    counters.stop = 0;
    m_.state().write_counters(counters);
  }
  std::filesystem::path file(const std::string& name) const override { return o_.folder / name; }
  ScheduleRun schedule_run() const override {
    return rate_of_optimizer().run({.epochs = static_cast<double>(o_.epochs), .steps_per_epoch = steps(), .first_step = first_step_});
  }
  bool use_averaged_weights(bool use) override {
    AveragedWeights* averaged = m_.averaged_weights();
    if (averaged != nullptr) use ? averaged->enter() : averaged->leave();
    return averaged != nullptr;
  }
  std::vector<float> snapshot() const override { return m_.state().snapshot(); }
  void restore(const std::vector<float>& weights) override { m_.state().restore(weights); }
  std::vector<std::pair<std::string, Array>> weights() const override { return m_.weights(); }
  std::vector<std::pair<std::string, std::string>> settings() const override { return o_.settings; }
  bool validates() const override { return o_.validation_data != nullptr; }
  bool shown() const override { return o_.renderer != nullptr; }
  void save_weights(const std::string& file) override { m_.save_weights((o_.folder / file).string()); }
  void event(const std::string& kind, const std::string& text, bool shown) override {
    const Event e{.epoch = epoch_, .kind = kind, .text = text};
    if (kind == "restored") result_.restored_epoch = restored_from(text);
    // A line an epoch that says "nothing" is for those who asked for it.
    if (shown || kind != "kept") history_.events.push_back(e);
    if (shown && o_.renderer != nullptr) o_.renderer->on_event(e);
  }

 private:
  // The sentence ends in the epoch's number and a full stop.
  static std::optional<std::int64_t> restored_from(const std::string& text) {
    const auto colon = text.rfind(": ");
    if (colon == std::string::npos) return {};
    return std::atoll(text.c_str() + colon + 2) - 1;
  }

  Backend& backend() const { return m_.backend(); }
  std::int64_t steps() const { return (n_ + batch_ - 1) / batch_; }
  std::int64_t run_step() const { return base_step_ + epoch_steps_done_ - first_step_; }
  const LearningRate& rate_of_optimizer() const { return m_.options().optimizer.learning_rate(); }
  bool scheduled() const { return !rate_of_optimizer().constant(); }
  static double kept_rate(double rate) { return static_cast<double>(static_cast<float>(rate)); }
  double rate_at(std::int64_t run_step) const { return (rate_override_ ? *rate_override_ : curve_->at(run_step)) * rate_factor_; }

  StepPlan make_plan(std::int64_t size) {
    StepRequest request{.network = m_.network(),
                        .state = m_.state(),
                        .options = {.mode = PlanMode::train,
                                    .batch = size,
                                    .precision = m_.options().precision,
                                    .seed = m_.options().seed,
                                    .steps_a_launch = o_.steps_per_execution},
                        .form = form_,
                        .loss = m_.loss(),
                        .metrics = m_.metrics(),
                        .optimizer = &m_.options().optimizer,
                        .augmentation = &o_.augmentation,
                        .stop_on_nan = std::any_of(callbacks_.begin(), callbacks_.end(), [](const auto& c) { return c->stops_on_nan(); })};
    StepPlan step = make_step_plan(request);
    if (!o_.class_weights.empty()) {
      if (class_weights_.data() == nullptr) {
        class_weights_ = Buffer(backend(), o_.class_weights.size() * sizeof(float));
        backend().copy_in(class_weights_.data(), o_.class_weights.data(), class_weights_.bytes());
      }
      step.plan->bind(step.class_weights, {class_weights_.data(), DType::f32, o_.class_weights.size()});
    }
    return step;
  }

  /// Plans for validation are made here as well: memory that is short is found before training.
  MemoryUse measure(const Dataset& train) {
    const State& s = m_.state();
    MemoryUse use{.weights = s.parameters().bytes() + s.statistics().bytes() + s.copy().bytes() + s.gradients().bytes() + s.slots().bytes(),
                  .activations = full_.plan->bytes() + (ragged_.plan ? ragged_.plan->bytes() : 0),
                  .samples = feed_bytes(train, batch_)};
    if (o_.validation_data != nullptr) {
      validation_ = m_.prepare_evaluation(*o_.validation_data, o_.batch_size);
      use.activations += validation_->plan_bytes;
      use.samples += feed_bytes(*o_.validation_data, std::min(o_.batch_size, o_.validation_data->size()));
    }
    for (const Dataset* data : {&train, o_.validation_data})
      if (data != nullptr && data->streamed)
        use.streamed += static_cast<std::size_t>(data->size() * data->sample_shape().elements()) * size_of(data->x_dtype());
    return use;
  }

  void start() {
    auto counters = m_.state().read_counters();
    if (o_.resume) {
      const auto& r = *o_.resume;
      position_ = r.position;
      history_ = r.history;
      seconds_before_ = trained_seconds(history_);
      rate_override_ = r.learning_rate;
      rate_factor_ = r.rate_factor;
      if (r.ended(o_.epochs)) stopped_ = r.stopped;
      for (std::size_t i = 0; i < callbacks_.size() && i < r.callbacks.size(); ++i)
        if (!r.callbacks[i].text.empty()) callbacks_[i]->load(r.callbacks[i]);
    } else {
      counters.stop = 0;
    }
    base_step_ = counters.step - position_.step;
    first_step_ = base_step_ - position_.epoch * steps();
    curve_ = rate_of_optimizer().curve(schedule_run());
    m_.state().write_counters(counters);
    m_.rate_left_ = rate_override_.value_or(0);
  }

  // Rows of the step table and the order of the samples, once an epoch: nothing else goes to the device.
  void upload_epoch() {
    std::vector<StepRow> rows;
    for (std::int64_t i = 0; i < steps(); ++i) {
      const double rate = kept_rate(rate_at(base_step_ + i - first_step_));
      rows.push_back(m_.options().optimizer.row(base_step_ + i, rate));
    }
    m_.state().upload_step_table(rows);
    std::vector<std::int32_t> order;
    if (o_.shuffle) {
      const auto shuffled = permutation(n_, m_.options().seed, shuffle_stream, static_cast<std::uint64_t>(epoch_));
      order.assign(shuffled.begin(), shuffled.end());
    }
    rows_->start(order, position_.step * batch_);
  }

  void run_epoch() {
    const double begin = now();
    epoch_steps_done_ = 0;
    epoch_ended_ = false;
    // An epoch that was left in its middle has begun already.
    if (position_.step == 0) each([&](Callback& c) { c.on_epoch_begin(*this, epoch_); });
    if (o_.renderer != nullptr) o_.renderer->on_epoch_begin(epoch_);
    upload_epoch();
    auto counters = m_.state().read_counters();
    epoch_steps_done_ = position_.step;
    counters.cursor = position_.step;
    counters.sample = position_.step * batch_;
    m_.state().write_counters(counters);
    full_.zero_sums(backend());
    if (ragged_.plan) ragged_.zero_sums(backend());
    if (!position_.sums.empty()) full_.write_sums(backend(), position_.sums);
    position_ = {.epoch = epoch_};

    const double rate = rate_at(base_step_ - first_step_), factor = rate_factor_;
    run_steps();
    if (interrupted_)
      leave_epoch();
    else
      finish_epoch(begin, rate, factor);
  }

  void leave_epoch() { position_ = {.epoch = epoch_, .step = epoch_steps_done_, .sums = sums()}; }

  void run_steps() {
    double shown = 0;
    const double begin = now();
    const std::int64_t first = epoch_steps_done_;
    while (epoch_steps_done_ < steps()) {
      const bool last = epoch_steps_done_ == n_ / batch_;
      const StepPlan& step = last ? ragged_ : full_;
      const std::int64_t count = last ? 1 : steps_together();
      rows_->feed(step);
      step.plan->run(count);
      epoch_steps_done_ += count;
      samples_ += last ? n_ % batch_ : count * batch_;
      if (o_.renderer != nullptr && now() - shown > 0.05 && epoch_steps_done_ < steps()) {
        shown = now();
        const double speed = static_cast<double>((epoch_steps_done_ - first) * batch_) / (shown - begin);
        o_.renderer->on_step({.epoch = epoch_,
                              .step = epoch_steps_done_,
                              .steps = steps(),
                              .values = named(full_.means(backend())),
                              .samples_per_s = speed});
      }
      batch_ended(epoch_steps_done_ == steps());
      if (epoch_ended_) break;
      if (o_.snapshot_every > 0 && (base_step_ + epoch_steps_done_) % o_.snapshot_every == 0 && epoch_steps_done_ < steps()) {
        leave_epoch();
        o_.on_batches(training_state());
        position_ = {.epoch = epoch_};
      }
      // A run interrupted after its last full step finishes the epoch: the rest takes less than the question.
      if (o_.interrupted && o_.interrupted() && epoch_steps_done_ < n_ / batch_) {
        interrupted_ = true;
        break;
      }
    }
    step_seconds_ += now() - begin;
  }

  /// Whole batches until somebody wants to see one, at most steps_per_execution.
  std::int64_t steps_together() const {
    std::int64_t count = rows_->whole_epoch() ? std::min(o_.steps_per_execution, n_ / batch_ - epoch_steps_done_) : 1;
    for (const auto& callback : callbacks_)
      if (const auto every = callback->every_batches(); every > 0) count = std::min(count, every - epoch_steps_done_ % every);
    if (const auto every = o_.snapshot_every; every > 0) count = std::min(count, every - (base_step_ + epoch_steps_done_) % every);
    return count;
  }

  /// A full disk keeps a callback from writing, and nobody from training.
  template <class F>
  void each(F&& call) {
    for (auto& callback : callbacks_) try {
        call(*callback);
      } catch (const Error& e) {
        if (!disk_is_full(e)) throw;
        event("warned", std::string("warning: ") + e.what(), true);
      }
  }

  void batch_ended(bool last) {
    const BatchEnd end{.epoch = epoch_, .batch = epoch_steps_done_ - 1, .step = base_step_ + epoch_steps_done_, .logs = [this] {
                         return named(epoch_means());
                       }};
    each([&](Callback& c) {
      if (const auto every = c.every_batches(); every > 0 && (last || epoch_steps_done_ % every == 0)) c.on_train_batch_end(*this, end);
    });
  }

  EpochLogs named(const std::vector<double>& means) const {
    EpochLogs logs;
    for (std::size_t i = 0; i < m_.metrics().size(); ++i) logs.emplace_back(m_.metrics()[i].name, means[i + 1]);
    logs.emplace_back("loss", means[0]);
    return logs;
  }

  std::vector<double> sums() const {
    auto out = full_.read_sums(backend());
    if (ragged_.plan) {
      const auto rest = ragged_.read_sums(backend());
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += rest[i];
    }
    return out;
  }
  std::vector<double> epoch_means() const { return means_of(sums()); }

  void finish_epoch(double begin, double rate, double factor) {
    EpochLogs logs = named(epoch_means());
    // An epoch that ended early counts as a whole one: the optimizer's step says so, for whoever goes on with it.
    if (epoch_steps_done_ < steps()) {
      auto counters = m_.state().read_counters();
      counters.step = base_step_ + steps();
      m_.state().write_counters(counters);
    }
    if (evaluates_elsewhere()) use_averaged_weights(true);
    if (o_.validation_data != nullptr) {
      each([&](Callback& c) { c.on_test_begin(*this); });
      const Evaluation validation = m_.evaluate(*validation_, o_.interrupted);
      // All steps are done: a resumed run only validates.
      if (!validation.complete) {
        interrupted_ = true;
        return leave_epoch();
      }
      each([&](Callback& c) { c.on_test_end(*this); });
      EpochLogs part;
      for (std::size_t i = 1; i < validation.values.size(); ++i)
        part.emplace_back("val_" + validation.values[i].first, validation.values[i].second);
      part.emplace_back("val_loss", validation.values[0].second);
      logs.insert(logs.end(), part.begin(), part.end());
      if (!validation.predicted.empty()) predicted_classes_ = named_classes(validation);
    }
    base_step_ += steps();
    epoch_steps_done_ = 0;
    logs.emplace_back("learning_rate", kept_rate(rate));
    // rate = schedule * factor, where callbacks may have set the factor.
    if (has_scheduler_ && !scheduled() && factor != 1) {
      logs.emplace_back("schedule_rate", rate_override_.value_or(rate));
      logs.emplace_back("rate_factor", factor);
    }
    if (scheduled() && !callbacks_.empty()) {
      logs.emplace_back("schedule_rate", kept_rate(curve_->at(epoch_ * steps())));
      logs.emplace_back("rate_factor", factor);
    }
    each([&](Callback& c) { c.on_epoch_end(*this, epoch_, logs); });
    const double seconds = now() - begin;
    logs.emplace_back("seconds", seconds);
    // What the collapse verdict looks at: how many classes the network still names.
    if (predicted_classes_ > 0) logs.emplace_back("val_classes", static_cast<double>(predicted_classes_));
    history_.add(epoch_, logs);
    position_ = {.epoch = epoch_ + 1};
    if (o_.renderer != nullptr) o_.renderer->on_epoch_end({.epoch = epoch_, .steps = steps(), .seconds = seconds, .values = logs});
    if (o_.on_epoch) o_.on_epoch(training_state());
    if (epoch_ + 1 < o_.epochs && !stopped_) leave_averaged();
    if (o_.interrupted && o_.interrupted()) interrupted_ = true;
  }

  /// Schedule-free trains one set of weights and means another: validation, callbacks and files see the latter. A running average stays
  /// aside until training ends, as in Keras.
  bool evaluates_elsewhere() const {
    const auto which = m_.options().optimizer.evaluation_weights();
    return which && !which->average;
  }
  void leave_averaged() {
    if (m_.averaged_weights() != nullptr) m_.averaged_weights()->leave();
  }
  void end_averaged() {
    if (m_.averaged_weights() == nullptr) return;
    if (evaluates_elsewhere()) return m_.averaged_weights()->enter();
    if (interrupted_) return;
    leave_averaged();
    m_.averaged_weights()->keep();
  }

  TrainingState training_state() const {
    TrainingState out{.position = position_,
                      .history = history_,
                      .learning_rate = rate_override_,
                      .rate_factor = rate_factor_,
                      .epochs = o_.epochs,
                      .stopped = stopped_};
    for (const auto& callback : callbacks_) out.callbacks.push_back(callback->save());
    return out;
  }

  Model& m_;
  const FitOptions& o_;
  std::int64_t n_, batch_;
  StepForm form_;
  Array y_;
  std::unique_ptr<RowFeed> rows_;
  Buffer class_weights_;
  StepPlan full_, ragged_;
  std::unique_ptr<PreparedEvaluation> validation_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
  MemoryUse memory_;
  RunPosition position_;
  History history_;
  FitResult result_;
  std::optional<std::pair<std::int64_t, std::string>> stopped_;
  bool interrupted_ = false, epoch_ended_ = false;
  bool has_scheduler_ = false;  ///< a callback sets the rate at every epoch's begin
  std::int64_t epoch_ = 0, base_step_ = 0, epoch_steps_done_ = 0, samples_ = 0, predicted_classes_ = 0;
  std::int64_t first_step_ = 0;  ///< the optimizer's at the run's begin
  std::unique_ptr<RateCurve> curve_;
  std::optional<double> rate_override_;
  double rate_factor_ = 1, step_seconds_ = 0;
  double begin_ = 0, seconds_before_ = 0;  ///< of this call, and what earlier ones have trained
};

FitResult Model::fit_run(const Dataset& train, const FitOptions& options) {
  for (const auto& callback : options.callbacks)
    if (const auto* backup = callback.as<BackupAndRestore>()) return fit_with_backup(*this, train, options, *backup);
  return FitRun(*this, train, options).run();
}

}  // namespace lehr
