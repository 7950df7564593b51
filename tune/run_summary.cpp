#include "tune/run_summary.h"

#include <fmt/format.h>

#include <cmath>

#include "engine/json.h"
#include "tune/format.h"

namespace lehr {

namespace {

NamedValues row_values(const History& history, std::int64_t row) {
  NamedValues out;
  for (const auto& name : history.names)
    if (name != "seconds" && name != "val_classes") out.emplace_back(name, history.at(name, row));
  return out;
}

const double* find(const NamedValues& values, const std::string& name) {
  for (const auto& [key, value] : values)
    if (key == name) return &value;
  return nullptr;
}

// The number a person looks at first: validation accuracy, else what is monitored.
std::string score_text(const RunSummary& s, const NamedValues& values) {
  for (const char* name : {"val_accuracy", "accuracy"})
    if (const double* v = find(values, name); v != nullptr && !std::isnan(*v)) return std::string(name) + " " + percent_text(*v);
  const double* v = find(values, s.monitor);
  if (v != nullptr && std::isnan(*v)) v = nullptr;  // an epoch that was not validated
  const std::string name = v != nullptr ? s.monitor : "loss";
  if (v == nullptr) v = find(values, "loss");
  return v != nullptr ? name + " " + metric_text(*v) : "";
}

JsonValue object_of(const NamedValues& values) {
  JsonValue out = JsonValue::object();
  for (const auto& [name, value] : values) out[name] = value;
  return out;
}

}  // namespace

RunSummary summarize(const History& history, RunSummary s) {
  s.epochs = history.epochs();
  if (s.monitor.empty())
    for (const char* name : {"val_loss", "val_accuracy", "loss"})
      if (s.monitor.empty() && history.has(name)) s.monitor = name;
  if (history.epochs() == 0) return s;
  const auto best = history.best(s.monitor, s.monitor.find("acc") != std::string::npos);
  if (best) {
    s.best_epoch = history.rows[static_cast<std::size_t>(*best)].epoch;
    s.best = row_values(history, *best);
  }
  s.last = row_values(history, history.epochs() - 1);
  return s;
}

std::string report_text(const RunSummary& s) {
  std::string out = "\n";
  if (s.best_epoch) {
    out += "best epoch " + std::to_string(*s.best_epoch + 1) + ": " + score_text(s, s.best) + " (" + s.monitor + " " +
           metric_text(find(s.best, s.monitor) != nullptr ? *find(s.best, s.monitor) : std::nan("")) + ")\n";
    out += "last epoch " + std::to_string(s.epochs) + ": " + score_text(s, s.last) +
           (s.restored_epoch == s.best_epoch ? "; the best epoch's weights are held"
            : s.restored_epoch               ? fmt::format("; the weights of epoch {} are held", *s.restored_epoch + 1)
            : *s.best_epoch + 1 != s.epochs  ? "; its weights are held (not the best epoch's: restore_best_weights=true does that)"
                                             : "") +
           "\n";
  }
  for (const auto& [part, values] : s.evaluations) {
    out += part + ":";
    for (const auto& [name, value] : values)
      out += " " + name + " " + (name.find("acc") != std::string::npos ? percent_text(value, 2) : metric_text(value));
    if (s.largest_class_share > 0) out += " (always naming the largest class: " + percent_text(s.largest_class_share) + ")";
    out += "\n";
  }
  if (s.stopped) out += "stopped in epoch " + std::to_string(s.stopped->epoch + 1) + ": " + s.stopped->why + "\n";
  if (!s.verdict.words.empty()) out += "verdict: " + s.verdict.text() + "\n";
  out += "time: " + duration_text(s.seconds) + (s.samples_per_s > 0 ? ", " + rate_text(s.samples_per_s) : "") + "\n";
  for (const auto& picture : s.pictures) out += "picture: " + picture + "\n";
  if (!s.continue_command.empty()) out += "interrupted; state saved. Continue with:\n  " + s.continue_command + "\n";
  return out;
}

std::string fit_json(const RunSummary& s, const History& history) {
  JsonValue best = nullptr;
  if (s.best_epoch) {
    best = JsonValue::object({{"epoch", *s.best_epoch}});
    for (const auto& [name, value] : s.best) best[name] = value;
  }
  JsonValue stopped = nullptr;
  if (s.stopped) stopped = JsonValue::object({{"epoch", s.stopped->epoch}, {"why", s.stopped->why}});
  JsonValue columns = JsonValue::object();
  for (const auto& name : history.names) columns[name] = history.column(name);
  JsonValue evaluation = nullptr;
  if (!s.evaluations.empty()) evaluation = object_of(s.evaluations.front().second);
  return JsonValue::object({{"run", s.run},
                            {"epochs", s.epochs},
                            {"best", best},
                            {"stopped", stopped},
                            {"history", columns},
                            {"evaluate", evaluation},
                            {"seconds", s.seconds},
                            {"samples_per_s", s.samples_per_s},
                            {"device", s.device},
                            {"precision", s.precision},
                            {"seed", s.seed},
                            {"verdict", s.verdict.words}})
      .text(2);
}

}  // namespace lehr
