// lehr tune: search for hyperparameters; show, best and export of a study.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/console.h"
#include "apps/tune_flags.h"
#include "engine/number_text.h"
#include "tune/format.h"
#include "tune/oracles/scores.h"
#include "tune/study/cluster_scripts.h"
#include "tune/study/cross_validation.h"
#include "tune/study/importance.h"

namespace lehr {

namespace {

struct StudyFlags {
  std::string study, storage = "sqlite:///studies.db", format = "csv";
  std::int64_t repeat = 3;
};

void tune_command(Console& console, const TuneFlags& flags) {
  catch_signals();
  const TuneJob job = job_from_flags(flags);
  if (!flags.emit.empty()) {
    const std::string study = make_study(job, tune_hooks(console));
    console.out << (flags.emit == "slurm" ? slurm_script(job, study) : kubernetes_job(job, study));
    return;
  }
  const TuneResult result = run_tune(job, tune_hooks(console));
  TuneJob printed = job;
  printed.study = result.study;
  print_tune_result(console, result, printed);
}

std::string state_text(const Trial& t) {
  std::string out(name_of(t.state));
  if (const JsonValue* reason = t.user_attr("reason")) out += ": " + reason->string().substr(0, 60);
  return out;
}

std::vector<const Trial*> ranked(const TuneResult& r) {
  std::vector<const Trial*> out;
  for (const Trial& t : r.trials) out.push_back(&t);
  const bool maximize = r.objectives.at(0).maximize;
  std::stable_sort(out.begin(), out.end(), [&](const Trial* a, const Trial* b) {
    const bool x = a->state == TrialState::complete && !a->values.empty(), y = b->state == TrialState::complete && !b->values.empty();
    if (x != y) return x;
    return x && (maximize ? a->values[0] > b->values[0] : a->values[0] < b->values[0]);
  });
  return out;
}

JsonValue trial_json(const TuneResult& r, const Trial& t) {
  JsonValue out = JsonValue::object({{"trial", t.number},
                                     {"state", std::string(name_of(t.state))},
                                     {"values", t.values},
                                     {"params", r.space.json(t.params)},
                                     {"seconds", t.seconds()}});
  if (t.stage.epochs > 0) out["stage"] = to_json(t.stage);
  JsonValue curve = JsonValue::array();
  for (const auto& [step, value] : t.intermediate) curve.push_back(JsonValue::array({JsonValue(step), JsonValue(value)}));
  out["intermediate"] = curve;
  for (const auto& [key, value] : t.user_attrs) out[key] = value;
  return out;
}

/// Which values decide; fewer trials than these say nothing of it.
std::string importance_text(const TuneResult& r) {
  constexpr std::ptrdiff_t enough = 10;
  const auto ended = std::count_if(r.trials.begin(), r.trials.end(), [](const Trial& t) { return t.state == TrialState::complete; });
  if (ended < enough) return {};
  std::string out;
  for (const auto& i : importances(r.space, r.trials, {.by_position = true}))
    out += (out.empty() ? " " : ", ") + fmt::format("{} {:.0f} %", i.name, 100 * i.share);
  return out.empty() ? out : fmt::format("share of the variance of {} that each value decides alone:{}\n", r.objectives[0].name, out);
}

void show(Console& console, const StudyFlags& flags) {
  const TuneResult r = read_study(flags.storage, flags.study);
  if (console.json) {
    JsonValue list = JsonValue::array();
    for (const Trial* t : ranked(r)) list.push_back(trial_json(r, *t));
    console.out << list.text(2) << '\n';
    return;
  }
  console.out << fmt::format("{:>5}  {:>10}  {:>9}  {:>8}  values\n", "trial", r.objectives[0].name.substr(0, 10), "epochs", "seconds");
  for (const Trial* t : ranked(r)) {
    const std::string value = t->values.empty() ? "-" : fmt::format("{:.5g}", t->values[0]);
    const std::string epochs =
        t->stage.epochs > 0 ? fmt::format("{}-{}", t->stage.initial_epoch + 1, t->stage.epochs) : std::to_string(trained_epochs(*t));
    console.out << fmt::format("{:>5}  {:>10}  {:>9}  {:>8.1f}  {}{}\n", t->number + 1, value, epochs, t->seconds(),
                               r.space.label(t->params), t->state == TrialState::complete ? "" : "  [" + state_text(*t) + "]");
  }
  if (const std::string shares = importance_text(r); !shares.empty()) console.out << shares;
  if (r.objectives.size() > 1) {
    std::vector<bool> maximize;
    for (const auto& o : r.objectives) maximize.push_back(o.maximize);
    console.out << "not beaten by any other:";
    for (const Trial* t : pareto_front(r.trials, maximize)) console.out << " " << t->number + 1;
    console.out << "\n";
  }
}

void best(Console& console, const StudyFlags& flags) {
  const TuneResult r = read_study(flags.storage, flags.study);
  if (r.best == nullptr) throw Error({.category = Category::failed, .where = "study " + flags.study, .what = "no trial ended well yet"});
  const TuneJob job = stored_job(flags.storage, flags.study);
  if (console.json) {
    JsonValue out = trial_json(r, *r.best);
    if (job.command.empty()) out["command"] = fit_command(job, r.space, *r.best);
    console.out << out.text(2) << '\n';
    return;
  }
  console.out << "trial " << r.best->number + 1 << ", " << r.objectives[0].name << " " << metric_text(r.best->values[0]) << "\n";
  for (const auto& p : r.space.parameters())
    if (const double* v = r.best->params.find(p.name)) console.out << "  " << p.name << " = " << p.label(*v) << "\n";
  if (job.command.empty()) console.out << fit_command(job, r.space, *r.best) << "\n";
}

std::string cell(std::string text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

void export_study(Console& console, const StudyFlags& flags) {
  const TuneResult r = read_study(flags.storage, flags.study);
  if (flags.format == "json") {
    JsonValue list = JsonValue::array();
    for (const Trial& t : r.trials) list.push_back(trial_json(r, t));
    console.out << list.text(2) << '\n';
    return;
  }
  if (flags.format != "csv")
    throw Error({.category = Category::usage,
                 .where = "lehr tune export",
                 .what = "unknown format",
                 .expected = "csv or json",
                 .got = flags.format});
  console.out << "trial,state";
  for (const auto& o : r.objectives) console.out << ',' << cell(o.name);
  for (const auto& p : r.space.parameters()) console.out << ',' << cell(p.name);
  console.out << ",seconds,epochs\n";
  for (const Trial& t : r.trials) {
    console.out << t.number << ',' << name_of(t.state);
    for (std::size_t k = 0; k < r.objectives.size(); ++k) console.out << ',' << (k < t.values.size() ? number_text(t.values[k]) : "");
    for (const auto& p : r.space.parameters()) {
      const double* v = t.params.find(p.name);
      console.out << ',' << (v != nullptr ? cell(p.label(*v)) : "");
    }
    console.out << ',' << number_text(t.seconds()) << ',' << trained_epochs(t) << '\n';
  }
}

void finalize(Console& console, const StudyFlags& flags) {
  catch_signals();
  const Finalized f = finalize_study(flags.storage, flags.study, flags.repeat, tune_hooks(console));
  console.out << (console.json ? finalized_json(f) + "\n" : finalized_text(f));
}

template <class Call>
CLI::App* add_study_command(CLI::App& tune, Console& console, const char* name, const char* summary, Call call) {
  auto* command = tune.add_subcommand(name, summary);
  auto flags = std::make_shared<StudyFlags>();
  command->add_option("study", flags->study, "its name")->required();
  if (std::string_view(name) == "export") command->add_option("--format", flags->format, "csv or json")->capture_default_str();
  if (std::string_view(name) == "finalize")
    command->add_option("--repeat", flags->repeat, "seeds")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--storage", flags->storage, "where it is")->capture_default_str();
  command->add_flag("--json", console.json, "as JSON");
  command->callback([&console, flags, call] { call(console, *flags); });
  return command;
}

}  // namespace

void add_tune(CLI::App& app, Console& console) {
  auto* command = app.add_subcommand("tune", "search for hyperparameters");
  auto flags = std::make_shared<TuneFlags>();
  add_searched_fit_flags(*command, *flags);
  add_search_flags(*command, *flags);
  add_output_flags(*command, console);
  add_study_command(*command, console, "show", "a study's trials, the best first", show);
  add_study_command(*command, console, "best", "its best trial, and the command that trains it", best);
  add_study_command(*command, console, "export", "all trials as csv or json", export_study);
  add_study_command(*command, console, "finalize", "retrain the best, then look at the test set once", finalize);
  command->callback([command, &console, flags] {
    if (command->get_subcommands().empty()) tune_command(console, *flags);
  });
}

}  // namespace lehr
