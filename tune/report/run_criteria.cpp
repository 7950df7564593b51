#include "tune/report/run_criteria.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "engine/json.h"
#include "tune/format.h"
#include "tune/utf8.h"

namespace lehr {

namespace {

struct Criterion {
  double RunCriteria::* value;
  bool maximize;
};
constexpr std::array compared{Criterion{&RunCriteria::val_loss, false},   Criterion{&RunCriteria::val_accuracy, true},
                              Criterion{&RunCriteria::parameters, false}, Criterion{&RunCriteria::flops, false},
                              Criterion{&RunCriteria::seconds, false},    Criterion{&RunCriteria::latency_s, false},
                              Criterion{&RunCriteria::memory, false},     Criterion{&RunCriteria::bytes, false}};

/// a is nowhere worse than b and somewhere better, over what is known of both.
bool beats(const RunCriteria& a, const RunCriteria& b) {
  if (a.data != b.data) return false;
  bool better = false;
  for (const auto& c : compared) {
    const double x = c.maximize ? -(a.*c.value) : a.*c.value, y = c.maximize ? -(b.*c.value) : b.*c.value;
    if (std::isnan(x) || std::isnan(y)) continue;
    if (x > y) return false;
    better = better || x < y;
  }
  return better;
}

double latency_of(Model& model, const Dataset& samples) {
  const Dataset one = samples.rows(0, 1);
  std::vector<double> times;
  for (int i = 0; i < 11; ++i) {
    const auto start = std::chrono::steady_clock::now();
    model.predict(one, 1);
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + 5, times.end());
  return times[5];
}

std::string si_text(double value) {
  for (const auto& [factor, unit] : {std::pair{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}})
    if (value >= factor) return fmt::format("{:.3g} {}", value / factor, unit);
  return fmt::format("{:.3g}", value);
}

std::string known(double value, const std::string& text) { return std::isnan(value) ? "" : text; }

}  // namespace

RunCriteria criteria_of(const std::string& run, const History& history) {
  RunCriteria out{.run = run, .epochs = history.epochs()};
  if (const auto best = history.best("val_loss", false)) out.val_loss = history.at("val_loss", *best);
  if (const auto best = history.best("val_accuracy", true)) out.val_accuracy = history.at("val_accuracy", *best);
  if (history.has("seconds")) {
    out.seconds = 0;
    for (const double s : history.column("seconds")) out.seconds += std::isnan(s) ? 0 : s;
  }
  return out;
}

void add_model_criteria(RunCriteria& c, Model& model, const Dataset& training, const Dataset* validation, std::int64_t batch_size) {
  c.parameters = static_cast<double>(model.network().parameter_count());
  c.bytes = 4 * c.parameters;
  c.flops = make_step_plan({.network = model.network(),
                            .state = model.state(),
                            .options = {.mode = PlanMode::predict, .batch = 1, .precision = model.options().precision},
                            .form = form_of(training, model.options().input)})
                .plan->flops();
  // A run that has nothing left to do: all is allocated, on_ready tells how much, and no step is taken.
  const TrainingState ended{.position = {.epoch = 1}, .epochs = 1};
  model.fit_run(training, {.epochs = 1,
                           .batch_size = batch_size,
                           .validation_data = validation,
                           .on_ready = [&](const MemoryUse& use) { c.memory = static_cast<double>(use.total()); },
                           .resume = ended});
  if (!training.streamed) c.latency_s = latency_of(model, training);
}

namespace {
constexpr std::array written{std::pair{"parameters", &RunCriteria::parameters}, std::pair{"flops", &RunCriteria::flops},
                             std::pair{"latency_s", &RunCriteria::latency_s}, std::pair{"memory_bytes", &RunCriteria::memory},
                             std::pair{"weight_bytes", &RunCriteria::bytes}};
}  // namespace

std::string criteria_json(const RunCriteria& c) {
  JsonValue out = JsonValue::object();
  for (const auto& [name, member] : written) out[name] = c.*member;
  return out.text(2) + "\n";
}

void add_written_criteria(RunCriteria& c, const std::string& json, const std::string& file) {
  const JsonValue read = JsonValue::parse(json, file);
  for (const auto& [name, member] : written)
    if (const JsonValue* value = read.find(name); value != nullptr && value->is_number()) c.*member = value->number();
}

void mark_unbeaten(std::vector<RunCriteria>& runs) {
  for (auto& run : runs)
    run.unbeaten = std::none_of(runs.begin(), runs.end(), [&](const auto& other) { return &other != &run && beats(other, run); });
}

std::vector<std::string> criteria_names() {
  return {"epochs", "best val_loss", "best val_accuracy", "parameters", "flop a sample", "training", "latency", "memory", "weights"};
}

std::vector<std::string> criteria_texts(const RunCriteria& c) {
  return {std::to_string(c.epochs),
          known(c.val_loss, metric_text(c.val_loss)),
          known(c.val_accuracy, metric_text(c.val_accuracy)),
          known(c.parameters, count_text(static_cast<std::int64_t>(std::isnan(c.parameters) ? 0 : c.parameters))),
          known(c.flops, si_text(c.flops)),
          known(c.seconds, duration_text(c.seconds)),
          known(c.latency_s, fmt::format("{:.3g} ms", 1e3 * c.latency_s)),
          known(c.memory, bytes_text(c.memory)),
          known(c.bytes, bytes_text(c.bytes))};
}

std::string criteria_table(const std::vector<RunCriteria>& runs) {
  std::size_t widest = 3;
  for (const auto& run : runs) widest = std::max(widest, run.run.size());
  const std::vector<std::string> names = criteria_names();
  std::vector<std::size_t> widths;
  for (const auto& name : names) widths.push_back(std::max<std::size_t>(name.size(), 9));
  const auto line = [&](const std::string& first, const std::vector<std::string>& cells) {
    std::string out = fmt::format("{:<{}}", first, widest + 2);
    for (std::size_t i = 0; i < cells.size(); ++i) out += fmt::format(" {:>{}}", cells[i], widths[i]);
    return out + "\n";
  };
  std::string out = line("", names);
  for (const auto& run : runs) out += line(run.run + (run.unbeaten ? " *" : ""), criteria_texts(run));
  return out;
}

}  // namespace lehr
