// One epoch: its order and rates, its batches, validation, callbacks, history.
#include <algorithm>
#include <utility>

#include "engine/data/split.h"
#include "tune/fit_run.h"
#include "tune/steady_seconds.h"

namespace lehr {

// Rows of the step table and the order of the samples, once an epoch: nothing else goes to the device.
void FitRun::upload_epoch() {
  std::vector<StepRow> rows;
  for (std::int64_t i = 0; i < steps(); ++i) {
    const double rate = kept_rate(rate_at(base_step_ + i - first_step_));
    rows.push_back(m_.options().optimizer.row(base_step_ + i, rate));
  }
  m_.state().upload_step_table(rows);
  order_.clear();
  if (o_.shuffle) {
    const auto shuffled = permutation(n_, m_.options().seed, shuffle_stream, static_cast<std::uint64_t>(epoch_));
    order_.assign(shuffled.begin(), shuffled.end());
  }
  rows_->start(order_, position_.step * batch_);
}

void FitRun::run_epoch() {
  const double begin = steady_seconds();
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
  if (const auto& outputs = position_.outputs; !outputs.empty() && outputs.size() * sizeof(float) <= outputs_.bytes())
    backend().copy_in(outputs_.data(), outputs.data(), outputs.size() * sizeof(float));
  position_ = {.epoch = epoch_};

  const double rate = rate_at(base_step_ - first_step_), factor = rate_factor_;
  run_steps();
  if (interrupted_)
    leave_epoch();
  else
    finish_epoch(begin, rate, factor);
}

void FitRun::leave_epoch() {
  position_ = {.epoch = epoch_, .step = epoch_steps_done_, .sums = sums()};
  if (outputs_.bytes() == 0) return;
  position_.outputs.resize(static_cast<std::size_t>(rows_done() * m_.network().output().elements()));
  backend().copy_out(position_.outputs.data(), outputs_.data(), position_.outputs.size() * sizeof(float));
}

void FitRun::run_steps() {
  double shown = 0;
  const double begin = steady_seconds();
  const std::int64_t first = epoch_steps_done_;
  while (epoch_steps_done_ < steps()) {
    const bool last = epoch_steps_done_ == n_ / batch_;
    const StepPlan& step = last ? ragged_ : full_;
    const std::int64_t count = last ? 1 : steps_together();
    rows_->feed(step);
    step.plan->run(count);
    epoch_steps_done_ += count;
    samples_ += last ? n_ % batch_ : count * batch_;
    if (o_.renderer != nullptr && steady_seconds() - shown > 0.05 && epoch_steps_done_ < steps()) {
      shown = steady_seconds();
      show_step(static_cast<double>((epoch_steps_done_ - first) * batch_) / (shown - begin));
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
  leave_rate();
  step_seconds_ += steady_seconds() - begin;
}

/// What files of the model say its rate is: of a schedule, that of the last step; else what callbacks have set.
void FitRun::leave_rate() {
  if (!scheduled())
    m_.rate_left_ = rate_override_;
  else if (run_step() > 0)
    m_.rate_left_ = kept_rate(rate_at(run_step() - 1));
  else
    m_.rate_left_.reset();
}

void FitRun::show_step(double samples_per_s) {
  o_.renderer->on_step({.epoch = epoch_,
                        .step = epoch_steps_done_,
                        .steps = steps(),
                        .values = named(full_.means(backend())),
                        .samples_per_s = samples_per_s});
}

/// Whole batches until somebody wants to see one, at most steps_per_execution.
std::int64_t FitRun::steps_together() const {
  std::int64_t count = rows_->whole_epoch() ? std::min(o_.steps_per_execution, n_ / batch_ - epoch_steps_done_) : 1;
  for (const auto& callback : callbacks_)
    if (const auto every = callback->every_batches(); every > 0) count = std::min(count, every - epoch_steps_done_ % every);
  if (const auto every = o_.snapshot_every; every > 0) count = std::min(count, every - (base_step_ + epoch_steps_done_) % every);
  return count;
}

void FitRun::batch_ended(bool last) {
  const BatchEnd end{.epoch = epoch_, .batch = epoch_steps_done_ - 1, .step = base_step_ + epoch_steps_done_, .logs = [this] {
                       return named(epoch_means());
                     }};
  each([&](Callback& c) {
    if (const auto every = c.every_batches(); every > 0 && (last || epoch_steps_done_ % every == 0)) c.on_train_batch_end(*this, end);
  });
}

EpochLogs FitRun::named(const std::vector<double>& means) const {
  EpochLogs logs;
  for (std::size_t i = 0; i < m_.metrics().size(); ++i) logs.emplace_back(m_.metrics()[i].name, means[i + 1]);
  logs.emplace_back("loss", means[0]);
  return logs;
}

/// Before the loss, which comes last.
void FitRun::add_class_metrics(EpochLogs& logs) const {
  Array outputs(m_.network().output().with_batch(rows_done()), DType::f32);
  backend().copy_out(outputs.data(), outputs_.data(), outputs.bytes());
  auto values = m_.class_values(std::move(outputs), truth_.in_order(order_, static_cast<std::size_t>(rows_done())));
  logs.insert(logs.end() - 1, std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
}

std::vector<double> FitRun::sums() const {
  auto out = full_.read_sums(backend());
  if (ragged_.plan) {
    const auto rest = ragged_.read_sums(backend());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += rest[i];
  }
  return out;
}

/// False where it was interrupted.
bool FitRun::validate(EpochLogs& logs) {
  each([&](Callback& c) { c.on_test_begin(*this); });
  const Evaluation validation = m_.evaluate(*validation_, o_.interrupted);
  if (!validation.complete) return false;
  each([&](Callback& c) { c.on_test_end(*this); });
  for (std::size_t i = 1; i < validation.values.size(); ++i)
    logs.emplace_back("val_" + validation.values[i].first, validation.values[i].second);
  logs.emplace_back("val_loss", validation.values[0].second);
  if (!validation.predicted.empty()) predicted_classes_ = named_classes(validation);
  return true;
}

/// rate = schedule * factor, where callbacks may have set the factor.
void FitRun::add_rates(EpochLogs& logs, double rate, double factor) const {
  logs.emplace_back("learning_rate", kept_rate(rate));
  const bool reduced = factor != 1 || std::any_of(callbacks_.begin(), callbacks_.end(), [](const auto& c) { return c->reduces_rate(); });
  if (has_scheduler_ && reduced) {
    logs.emplace_back("schedule_rate", rate_override_.value_or(rate));
    logs.emplace_back("rate_factor", factor);
  }
  if (scheduled() && !has_scheduler_ && !callbacks_.empty()) {
    logs.emplace_back("schedule_rate", kept_rate(curve_->at(epoch_ * steps())));
    logs.emplace_back("rate_factor", factor);
  }
}

void FitRun::finish_epoch(double begin, double rate, double factor) {
  EpochLogs logs = named(epoch_means());
  if (outputs_.bytes() > 0) add_class_metrics(logs);
  // An epoch that ended early, or was rolled back at its last batch, counts as a whole one: the optimizer's step says so, for whoever goes on.
  if (epoch_steps_done_ < steps() || std::exchange(rolled_back_, false)) {
    auto counters = m_.state().read_counters();
    counters.step = base_step_ + steps();
    m_.state().write_counters(counters);
  }
  if (evaluates_elsewhere()) use_averaged_weights(true);
  predicted_classes_ = 0;
  if (o_.validation_data != nullptr && (epoch_ + 1) % o_.validation_freq == 0 && !validate(logs)) {
    // All steps are done: a resumed run only validates.
    interrupted_ = true;
    return leave_epoch();
  }
  base_step_ += steps();
  epoch_steps_done_ = 0;
  add_rates(logs, rate, factor);
  each([&](Callback& c) { c.on_epoch_end(*this, epoch_, logs); });
  const double seconds = steady_seconds() - begin;
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

}  // namespace lehr
