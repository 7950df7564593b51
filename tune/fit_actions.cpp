// What callbacks may do to a run: the rate, weights, the optimizer's state, stopping, events.
#include <cstdlib>

#include "tune/fit_run.h"
#include "tune/steady_seconds.h"

namespace lehr {

namespace {

/// The sentence ends in the epoch's number and a full stop.
std::optional<std::int64_t> restored_from(const std::string& text) {
  const auto colon = text.rfind(": ");
  if (colon == std::string::npos) return {};
  return std::atoll(text.c_str() + colon + 2) - 1;
}

}  // namespace

void FitRun::stop(const std::string& reason) {
  if (!stopped_) stopped_ = {epoch_, reason};
  epoch_ended_ = true;
  event("stopped", "Epoch " + std::to_string(epoch_ + 1) + ": " + reason, true);
}

double FitRun::learning_rate() const { return kept_rate(rate_at(run_step())); }
// On top of a schedule it is a factor: rate = schedule * factor. A callback that schedules takes the optimizer's place: what it says stands for the
// epoch.
void FitRun::set_learning_rate(double rate) {
  if (!scheduled() || has_scheduler_) {
    rate_override_ = kept_rate(rate);
    m_.rate_left_ = rate_override_;
  } else if (const double planned = curve_->at(run_step()); planned > 0) {
    rate_factor_ = rate / planned;
  }
}

void FitRun::reduce_learning_rate(double rate) {
  if (!has_scheduler_) return set_learning_rate(rate);
  if (const double now_at = learning_rate(); now_at > 0) rate_factor_ *= rate / now_at;
}

double FitRun::seconds() const { return seconds_before_ + steady_seconds() - begin_; }

std::vector<float> FitRun::optimizer_state() const {
  std::vector<float> out(m_.state().slots().bytes() / sizeof(float));
  if (!out.empty()) backend().copy_out(out.data(), m_.state().slots().data, out.size() * sizeof(float));
  return out;
}

void FitRun::restore_optimizer_state(const std::vector<float>& slots) {
  if (!slots.empty()) backend().copy_in(m_.state().slots().data, slots.data(), slots.size() * sizeof(float));
}

// The stop flag is set before the batch's update: the optimizer's step counter stands still from there on.
std::optional<std::int64_t> FitRun::invalid_batch() const {
  const auto counters = m_.state().read_counters();
  if (counters.stop == 0) return {};
  return counters.step - base_step_;
}

void FitRun::clear_invalid() {
  auto counters = m_.state().read_counters();
  counters.stop = 0;
  m_.state().write_counters(counters);
  rolled_back_ = true;
}

ScheduleRun FitRun::schedule_run() const {
  const auto epochs = static_cast<double>(std::max(o_.epochs, o_.schedule_epochs));
  return rate_of_optimizer().run({.epochs = epochs, .steps_per_epoch = steps(), .first_step = first_step_});
}

bool FitRun::use_averaged_weights(bool use) {
  AveragedWeights* averaged = m_.averaged_weights();
  if (averaged != nullptr) use ? averaged->enter() : averaged->leave();
  return averaged != nullptr;
}

void FitRun::event(const std::string& kind, const std::string& text, bool shown) {
  const Event e{.epoch = epoch_, .kind = kind, .text = text};
  if (kind == "restored") result_.restored_epoch = restored_from(text);
  // A line an epoch that says "nothing" is for those who asked for it.
  if (shown || kind != "kept") history_.events.push_back(e);
  if (shown && o_.renderer != nullptr) o_.renderer->on_event(e);
}

}  // namespace lehr
