#include "tune/replay.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/json.h"
#include "tune/format.h"

namespace lehr {

namespace {

/// The weights are the number of the epoch they belong to.
class ReplayRun final : public Run {
 public:
  ReplayRun(const History& history, double rate, bool has_scheduler)
      : history_(history), initial_(rate), rate_(kept(rate)), has_scheduler_(has_scheduler) {}

  std::int64_t epochs() const override { return history_.epochs(); }
  std::int64_t steps_per_epoch() const override { return 0; }
  void stop(const std::string& reason) override {
    if (why_.empty()) why_ = reason;
  }
  double learning_rate() const override { return rate_ * factor_; }
  void set_learning_rate(double rate) override { rate_ = kept(rate); }
  void reduce_learning_rate(double rate) override {
    if (!has_scheduler_) return set_learning_rate(rate);
    if (const double now = learning_rate(); now > 0) factor_ *= rate / now;
  }
  double rate_factor() const override { return factor_; }
  ScheduleRun schedule_run() const override { return {.initial = initial_, .epochs = static_cast<double>(epochs())}; }
  std::vector<float> snapshot() const override { return {static_cast<float>(epoch_)}; }
  void restore(const std::vector<float>& weights) override { restored_ = static_cast<std::int64_t>(weights.at(0)); }
  void save_weights(const std::string&) override {}
  std::filesystem::path file(const std::string& name) const override { return name; }
  void event(const std::string& kind, const std::string& text, bool) override {
    events_.push_back({.epoch = epoch_, .kind = kind, .text = text});
  }
  double seconds() const override { return seconds_; }
  bool replayed() const override { return true; }

  void begin(std::int64_t epoch, double seconds) {
    epoch_ = epoch;
    if (std::isfinite(seconds)) seconds_ += seconds;
  }
  std::vector<Event> take_events() { return std::exchange(events_, {}); }
  const std::string& why() const { return why_; }
  std::optional<std::int64_t> restored() const { return restored_; }

 private:
  static double kept(double rate) { return static_cast<double>(static_cast<float>(rate)); }
  const History& history_;
  double initial_, rate_, factor_ = 1;
  bool has_scheduler_;
  std::int64_t epoch_ = 0;
  double seconds_ = 0;  ///< up to the end of this epoch
  std::string why_;
  std::optional<std::int64_t> restored_;
  std::vector<Event> events_;
};

/// What training itself adds to a row is no metric.
bool own_column(const std::string& name) {
  return name == "learning_rate" || name == "lr" || name == "seconds" || name == "val_classes" || name == "schedule_rate" ||
         name == "rate_factor";
}

bool has_validation(const History& history, std::int64_t row) {
  return std::any_of(history.names.begin(), history.names.end(), [&](const std::string& name) {
    return name.starts_with("val_") && !own_column(name) && !std::isnan(history.at(name, row));
  });
}

/// f where epochs f, 2f, ... counted from 1 were validated and no others; 1 where any other has no number, which then is a validation's own.
std::int64_t validation_freq(const History& history) {
  std::int64_t freq = 0;
  for (std::int64_t row = 0; row < history.epochs(); ++row) {
    const std::int64_t epoch = history.rows[static_cast<std::size_t>(row)].epoch + 1;
    const bool validated = has_validation(history, row);
    if (freq == 0 && validated) freq = epoch;
    if (freq > 0 && validated != (epoch % freq == 0)) return 1;
  }
  return std::max<std::int64_t>(freq, 1);
}

/// After an epoch that was not validated callbacks hear no val_ name.
EpochLogs logs_of(const History& history, std::int64_t row, std::int64_t freq, double rate) {
  EpochLogs logs;
  const bool all = (history.rows[static_cast<std::size_t>(row)].epoch + 1) % freq == 0;
  for (const auto& name : history.names)
    if (!own_column(name) && (all || !name.starts_with("val_"))) logs.emplace_back(name, history.at(name, row));
  logs.emplace_back("learning_rate", rate);
  return logs;
}

bool names_rate(const History& history, const ReplayOptions& options) {
  return options.learning_rate || std::isfinite(history.at("learning_rate", 0)) || std::isfinite(history.at("lr", 0));
}

double first_rate(const History& history, const ReplayOptions& options) {
  if (options.learning_rate) return *options.learning_rate;
  for (const char* name : {"learning_rate", "lr"})
    if (const double rate = history.at(name, 0); std::isfinite(rate)) return rate;
  return 1e-3;
}

void check_monitors(const History& history, const ReplayOptions& options) {
  for (const auto& spec : options.callbacks) {
    const std::string name = spec.make()->monitor();
    if (name.empty() || history.has(name)) continue;
    std::string known;
    for (const auto& column : history.names)
      if (!own_column(column)) known += (known.empty() ? "" : ", ") + column;
    throw Error({.category = Category::usage,
                 .where = std::string(spec.info().name),
                 .what = "the history has no \"" + name + "\"",
                 .expected = known,
                 .got = name});
  }
}

double seconds_of(const History& history, std::int64_t epochs) {
  double sum = 0;
  for (std::int64_t i = 0; i < epochs; ++i) sum += history.at("seconds", i);
  return sum;
}

}  // namespace

Replay replay(const History& history, const ReplayOptions& options) {
  if (history.rows.empty()) throw Error({.category = Category::data, .where = "history", .what = "holds no epoch"});
  check_monitors(history, options);
  std::vector<std::unique_ptr<Callback>> callbacks;
  bool has_scheduler = false;
  for (const auto& spec : options.callbacks) {
    callbacks.push_back(spec.make());
    has_scheduler = has_scheduler || callbacks.back()->schedules();
  }
  ReplayRun run(history, first_rate(history, options), has_scheduler);
  Replay out{.rate_assumed = !names_rate(history, options),
             .recorded_epochs = history.epochs(),
             .recorded_seconds = seconds_of(history, history.epochs())};
  const std::int64_t freq = validation_freq(history);
  for (auto& callback : callbacks) callback->on_train_begin(run);
  for (std::int64_t i = 0; i < history.epochs() && run.why().empty(); ++i) {
    const std::int64_t epoch = history.rows[static_cast<std::size_t>(i)].epoch;
    run.begin(epoch, history.at("seconds", i));
    for (auto& callback : callbacks) callback->on_epoch_begin(run, epoch);
    EpochLogs logs = logs_of(history, i, freq, run.learning_rate());
    for (auto& callback : callbacks) callback->on_epoch_end(run, epoch, logs);
    out.epochs.push_back({.epoch = epoch, .learning_rate = run.learning_rate(), .stop = !run.why().empty(), .events = run.take_events()});
  }
  for (auto& callback : callbacks) callback->on_train_end(run);
  for (auto& event : run.take_events()) out.epochs.back().events.push_back(std::move(event));
  out.restored_epoch = run.restored();
  out.why = run.why();
  out.seconds = seconds_of(history, static_cast<std::int64_t>(out.epochs.size()));
  return out;
}

std::string replay_json(const Replay& replay) {
  JsonValue epochs = JsonValue::array();
  for (const auto& e : replay.epochs) {
    JsonValue events = JsonValue::array();
    for (const auto& event : e.events) events.push_back(JsonValue::object({{"event", event.kind}, {"text", event.text}}));
    epochs.push_back(
        JsonValue::object({{"epoch", e.epoch}, {"learning_rate", e.learning_rate}, {"stop", e.stop}, {"events", std::move(events)}}));
  }
  return JsonValue::object({{"epochs", std::move(epochs)}, {"restored_epoch", replay.restored_epoch}}).text(2);
}

std::string replay_text(const Replay& replay) {
  std::string out;
  for (const auto& e : replay.epochs)
    for (const auto& event : e.events) out += event.text + "\n";
  const auto ran = static_cast<std::int64_t>(replay.epochs.size());
  out += fmt::format("{} of {} epochs", ran, replay.recorded_epochs);
  if (std::isfinite(replay.recorded_seconds))
    out += fmt::format(", {} of {}", duration_text(replay.seconds), duration_text(replay.recorded_seconds));
  if (!replay.why.empty())
    out += fmt::format("; stops after epoch {}: {}, {} epochs saved", replay.epochs.back().epoch + 1, replay.why,
                       replay.recorded_epochs - ran);
  if (replay.rate_assumed)
    out += "\nthe history names no learning rate: 0.001, Keras's usual one, is assumed; --learning-rate says another";
  out += fmt::format("\nlearning rate at the end {}; weights: {}\n", repr(replay.epochs.back().learning_rate),
                     replay.restored_epoch ? fmt::format("of epoch {}", *replay.restored_epoch + 1) : "of the last epoch");
  return out;
}

}  // namespace lehr
