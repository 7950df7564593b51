// One call of fit: what it is prepared from, its begin and its end.
#include <algorithm>

#include "tune/callbacks/backup_and_restore.h"
#include "tune/fit_run.h"
#include "tune/sample_weights.h"
#include "tune/steady_seconds.h"

namespace lehr {

FitRun::FitRun(Model& model, const Dataset& train, const FitOptions& options)
    : m_(model), o_(options), n_(train.size()), batch_(std::min(options.batch_size, train.size())) {
  verify(options, train);
  model.resolve(train);
  check_augmentation(o_.augmentation, train.sample_shape());
  if (o_.validation_data != nullptr) model.resolve(*o_.validation_data);
  form_ = form_of(train, model.options().input, !o_.class_weights.empty());
  form_.ids = takes_ids(model.loss());
  labels_.y = labels_for(train, form_.ids);
  choose_weights(train);
  rows_ = make_row_feed(backend(), train, labels_, batch_);
  for (const auto& spec : o_.callbacks) callbacks_.push_back(spec.make());
  for (const auto& callback : callbacks_) has_scheduler_ = has_scheduler_ || callback->schedules();
  check_monitors(o_, callbacks_, m_.log_names(o_.validation_data != nullptr && o_.validation_freq <= o_.epochs));
  if (!m_.class_metrics().empty()) {
    truth_ = class_truth(train, labels_.sample_weights);
    outputs_ = Buffer(backend(), static_cast<std::size_t>(n_ * m_.network().output().elements()) * sizeof(float));
  }
  full_ = make_plan(batch_);
  if (n_ % batch_ != 0) ragged_ = make_plan(n_ % batch_);
  if (scheduled()) check_rates(*rate_of_optimizer().schedule(), schedule_run());
  memory_ = measure(train);
}

/// As in Keras, what a class counts is seen by weighted metrics, too: there it becomes what each of its rows counts.
void FitRun::choose_weights(const Dataset& train) {
  labels_.sample_weights = train.sample_weights;
  if (o_.class_weights.empty() || !m_.weighted_metrics()) return;
  labels_.sample_weights = sample_weights_of(o_.class_weights, labels_.y);
  form_.sample_weights = true;
  form_.class_weights = false;
}

FitResult FitRun::run() {
  if (o_.on_ready) o_.on_ready(memory_);
  begin_ = steady_seconds();
  leave_averaged();
  start();
  for (auto& callback : callbacks_) callback->on_train_begin(*this);
  for (epoch_ = position_.epoch; epoch_ < o_.epochs && !stopped_ && !interrupted_; ++epoch_) run_epoch();
  result_.state = training_state();
  if (epoch_ > 0 && !interrupted_) --epoch_;  // what happens at the end belongs to the last epoch
  end_averaged();
  if (!interrupted_) each([&](Callback& c) { c.on_train_end(*this); });
  result_.seconds = steady_seconds() - begin_;
  result_.samples_per_s = step_seconds_ > 0 ? static_cast<double>(samples_) / step_seconds_ : 0;
  result_.interrupted = interrupted_;
  result_.history = history_;
  result_.stopped = stopped_;
  return std::move(result_);
}

StepPlan FitRun::make_plan(std::int64_t size) {
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
                      .store_outputs = outputs_.bytes() > 0,
                      .stop_on_nan = std::any_of(callbacks_.begin(), callbacks_.end(), [](const auto& c) { return c->stops_on_nan(); })};
  StepPlan step = make_step_plan(request);
  if (step.outputs) step.plan->bind_result(step.outputs, {outputs_.data(), DType::f32, outputs_.bytes() / sizeof(float)});
  if (form_.class_weights) {
    if (class_weights_.data() == nullptr) {
      class_weights_ = Buffer(backend(), o_.class_weights.size() * sizeof(float));
      backend().copy_in(class_weights_.data(), o_.class_weights.data(), class_weights_.bytes());
    }
    step.plan->bind(step.class_weights, {class_weights_.data(), DType::f32, o_.class_weights.size()});
  }
  return step;
}

/// Plans for validation are made here as well: memory that is short is found before training.
MemoryUse FitRun::measure(const Dataset& train) {
  const State& s = m_.state();
  MemoryUse use{.weights = s.parameters().bytes() + s.statistics().bytes() + s.copy().bytes() + s.gradients().bytes() + s.slots().bytes(),
                .activations = full_.plan->bytes() + (ragged_.plan ? ragged_.plan->bytes() : 0) + outputs_.bytes(),
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

namespace {
/// "early_stopping_state" of "early_stopping_state(best=0.5, ...)".
std::string_view kind_of_state(const CallbackState& state) { return std::string_view(state.text).substr(0, state.text.find('(')); }
}  // namespace

/// Each the first state of its kind that is left, so that a run may go on with more callbacks, fewer, or in another order; one without a state
/// begins anew.
void FitRun::load_callbacks(std::vector<CallbackState> states) {
  for (auto& callback : callbacks_) {
    const CallbackState fresh = callback->save();
    if (fresh.text.empty()) continue;
    const auto found = std::find_if(states.begin(), states.end(),
                                    [&](const CallbackState& s) { return !s.text.empty() && kind_of_state(s) == kind_of_state(fresh); });
    if (found == states.end()) continue;
    callback->load(*found);
    states.erase(found);
  }
}

void FitRun::start() {
  auto counters = m_.state().read_counters();
  if (o_.resume) {
    const auto& r = *o_.resume;
    position_ = r.position;
    history_ = r.history;
    seconds_before_ = trained_seconds(history_);
    rate_override_ = r.learning_rate;
    rate_factor_ = r.rate_factor;
    if (r.ended(o_.epochs)) stopped_ = r.stopped;
    load_callbacks(r.callbacks);
  } else {
    counters.stop = 0;
  }
  base_step_ = counters.step - position_.step;
  first_step_ = base_step_ - position_.epoch * steps();
  curve_ = rate_of_optimizer().curve(schedule_run());
  m_.state().write_counters(counters);
  leave_rate();
}

/// Schedule-free trains one set of weights and means another: validation, callbacks and files see the latter. A running average stays
/// aside until training ends, as in Keras.
bool FitRun::evaluates_elsewhere() const {
  const auto which = m_.options().optimizer.evaluation_weights();
  return which && !which->average;
}

void FitRun::leave_averaged() {
  if (m_.averaged_weights() != nullptr) m_.averaged_weights()->leave();
}

void FitRun::end_averaged() {
  if (m_.averaged_weights() == nullptr) return;
  if (evaluates_elsewhere()) return m_.averaged_weights()->enter();
  if (interrupted_) return;
  leave_averaged();
  m_.averaged_weights()->keep();
}

TrainingState FitRun::training_state() const {
  TrainingState out{.position = position_,
                    .history = history_,
                    .learning_rate = rate_override_,
                    .rate_factor = rate_factor_,
                    .epochs = o_.epochs,
                    .stopped = stopped_};
  for (const auto& callback : callbacks_) out.callbacks.push_back(callback->save());
  return out;
}

FitResult Model::fit_run(const Dataset& train, const FitOptions& options) {
  if (train.table != nullptr) {
    learn_table(train);
    FitOptions on_features = options;
    const Dataset validation = options.validation_data != nullptr ? features_of(*options.validation_data) : Dataset{};
    if (options.validation_data != nullptr) on_features.validation_data = &validation;
    return fit_run(features_of(train), on_features);
  }
  for (const auto& callback : options.callbacks)
    if (const auto* backup = callback.as<BackupAndRestore>()) return fit_with_backup(*this, train, options, *backup);
  return FitRun(*this, train, options).run();
}

}  // namespace lehr
