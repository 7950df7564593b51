#include "tune/study/open_study.h"

#include <chrono>

#include "engine/spec/parse.h"
#include "tune/format.h"
#include "tune/oracles/oracle.h"
#include "tune/pruners/pruner.h"
#include "tune/run_folder.h"

namespace lehr {
namespace {

double wall() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string content_of(SharedData& data, const TuneJob& job, const Space& space) {
  if (!job.command.empty()) return {};
  std::vector<std::pair<std::string, std::vector<std::string>>> flags;
  for (const auto& s : settings_with_values(job.settings, space, space.defaults())) flags.emplace_back(s.flag, s.values);
  const auto parts = data.get(job_from_settings(flags, "lehr tune"));
  return hex16(content_hash(parts->train));
}

std::string unused_name(StudyStorage& storage, const std::string& stem) {
  for (int n = 1;; ++n)
    if (const std::string name = stem + "-" + std::to_string(n); !storage.find(name)) return name;
}

/// The study as it was made refuses another space, other settings, other data.
void check_same(const StudyInfo& study, const TuneJob& job, const std::string& data) {
  const JsonValue* stored = study.attribute("lehr:job");
  if (stored == nullptr) return;  // Optuna's: it takes what comes
  std::string what = difference(tune_job_from_json(*stored), job);
  const JsonValue* held = study.attribute("lehr:data");
  if (held != nullptr && !data.empty() && held->string() != data) what += "the data's content: " + held->string() + " -> " + data + "\n";
  if (what.empty()) return;
  what.pop_back();
  throw Error({.category = Category::usage,
               .where = "--study " + study.name,
               .what = "is about something else:\n" + what,
               .hint = "--new starts another study beside it."});
}

}  // namespace

std::vector<bool> directions_of(const std::vector<Objective>& objectives) {
  std::vector<bool> out;
  for (const auto& o : objectives) out.push_back(o.maximize);
  return out;
}

void check_pieces(const TuneJob& job, const Space& space) {
  if (space.empty())
    throw Error({.category = Category::usage,
                 .where = "lehr tune",
                 .what = "nothing is searched",
                 .expected = "a value as units:int(32, 512, step=32) in some flag",
                 .hint = "For example: --model 'flatten | dense(units:int(32, 512, step=32), relu) | dense(10, softmax)'"});
  if (job.score != "best" && job.score != "last")
    throw Error({.category = Category::usage, .where = "--score", .what = "unknown rule", .expected = "best or last", .got = job.score});
  if (job.executions_per_trial < 1 || job.jobs < 1 || job.folds < 0 || job.folds == 1)
    throw Error({.category = Category::usage,
                 .where = "lehr tune",
                 .what = "these numbers cannot be",
                 .expected = "--jobs and --executions-per-trial of 1 or more, --folds of 2 or more"});
  oracle_catalogue().from(parse_spec(job.oracle, "--oracle")).plan(space);
  if (!job.pruner.empty()) pruner_catalogue().from(parse_spec(job.pruner, "--pruner"));
  const auto objectives = objectives_of(job);
  if (objectives.size() > 1 && !job.pruner.empty())
    throw Error(
        {.category = Category::usage, .where = "--pruner", .what = "several objectives cannot be pruned", .hint = "Give one --objective."});
}

StudyInfo open_study(TuneJob& job, const TuneHooks& hooks, StudyStorage& storage, bool make) {
  const Space space = space_of(job.settings);
  if (job.study.empty()) job.study = unused_name(storage, "tune-" + today());
  auto study = storage.find(job.study);
  if (study && job.fresh) {
    job.study = unused_name(storage, job.study);
    study.reset();
  }
  if (job.folder.empty()) job.folder = "studies/" + job.study;
  SharedData data(hooks.data);
  const std::string content = make ? content_of(data, job, space) : "";
  if (study) check_same(*study, job, content);
  const auto objectives = objectives_of(job);
  const std::vector<Trial> done = study ? storage.trials(*study, space) : std::vector<Trial>{};
  if (make && job.command.empty())  // a default that cannot be trained is an error of usage, said before anything is made
    measure_trial({.settings = settings_with_values(job.settings, space, space.defaults()),
                   .objectives = objectives,
                   .folds = job.folds,
                   .threads = threads_of(job)},
                  data, 0);
  if (make && hooks.say) hooks.say(plan_text(job, space, data, done));
  if (study && study->maximize != directions_of(objectives))
    throw Error({.category = Category::usage,
                 .where = "--objective",
                 .what = "the study has other directions",
                 .hint = "--new starts another study beside it."});
  if (!study) study = storage.create(job.study, directions_of(objectives));
  if (make) {
    storage.set_attribute(*study, "lehr:job", to_json(job));
    storage.set_attribute(*study, "lehr:space", space.text());
    storage.set_attribute(*study, "lehr:space_hash", space.hash());
    if (!content.empty()) storage.set_attribute(*study, "lehr:data", content);
    std::vector<std::string> names;
    for (const auto& o : objectives) names.push_back(o.name);
    storage.set_attribute(*study, "objectives", names);
    storage.set_attribute(*study, "lehr:deadline", job.seconds_budget > 0 ? wall() + job.seconds_budget : 0.0);
    study = storage.find(job.study);
  }
  return *study;
}

}  // namespace lehr
