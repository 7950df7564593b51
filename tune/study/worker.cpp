#include "tune/study/worker.h"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "engine/spec/parse.h"
#include "kernels/cpu.h"
#include "tune/format.h"
#include "tune/oracles/oracle.h"
#include "tune/oracles/scores.h"
#include "tune/pruners/pruner.h"
#include "tune/run_folder.h"
#include "tune/steady_seconds.h"
#include "tune/study/command_trial.h"
#include "tune/study/disk_budget.h"
#include "tune/study/heart.h"
#include "tune/study/isolated_trial.h"
#include "tune/study/open_study.h"
#include "tune/study/study_storage.h"

namespace lehr {

namespace {

double wall() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

class Worker {
 public:
  Worker(const TuneJob& job, const TuneHooks& hooks, StudyStorage& storage, StudyInfo study)
      : job_(job),
        hooks_(hooks),
        storage_(storage),
        study_(std::move(study)),
        space_(space_of(job.settings)),
        objectives_(objectives_of(job)),
        oracle_(oracle_catalogue().from(parse_spec(job.oracle, "--oracle"))),
        data_(hooks.data),
        disk_(job.folder, job.disk_budget),
        planned_(oracle_.plan(space_)) {
    if (!job.pruner.empty()) pruner_ = pruner_catalogue().from(parse_spec(job.pruner, "--pruner"));
    if (const JsonValue* deadline = study_.attribute("lehr:deadline")) deadline_ = deadline->number();
    storage_.on_trouble([this](const std::string& line) {
      if (!line.empty()) say(line);
      return !interrupted();
    });
  }

  SharedData& data() { return data_; }
  const Space& space() const { return space_; }

  void run() {
    Heart heart(storage_, std::min(job_.lease_seconds / 4, 10.0));
    heart_ = &heart;
    begun_ = steady_seconds();
    std::vector<std::thread> threads;
    for (int i = 1; i < job_.jobs; ++i) threads.emplace_back([this] { loop(); });
    loop();  // here: a thread of its own would bring a heap of its own, with holes of its own
    for (auto& t : threads) t.join();
    heart_ = nullptr;
    if (error_) std::rethrow_exception(error_);
    if (!why_.empty() && !interrupted()) clear_checkpoints();
  }

  TuneResult result() {
    TuneResult out{.study = study_.name,
                   .trials = storage_.take_trials(study_, space_),
                   .space = space_,
                   .objectives = objectives_,
                   .why = why_,
                   .seconds = steady_seconds() - begun_,
                   .interrupted = interrupted()};
    for (const Trial& t : out.trials) out.epochs_run += trained_epochs(t);
    out.best = best_trial(out.trials, directions_of(objectives_));
    return out;
  }

 private:
  bool interrupted() const { return hooks_.interrupted && hooks_.interrupted(); }
  bool late() const { return deadline_ > 0 && wall() > deadline_; }

  void say(const std::string& line) {
    const std::lock_guard lock(say_mutex_);
    if (hooks_.say) hooks_.say(line);
  }

  void warn_once(const std::string& line) {
    if (!warned_.exchange(true)) say(line);
  }

  void loop() {
    try {
      double pause = 0.02;
      while (!interrupted() && !failed_) {
        bool others = false;
        if (auto claimed = claim(others)) {
          pause = 0.02;
          if (job_.isolate)
            run_isolated_trial(hooks_.program, job_, study_, storage_, *claimed);
          else
            work(*claimed);
          announce(claimed->trial.number);
          if (job_.own_trials > 0 && ++own_ >= job_.own_trials) return;
        } else if (others) {  // they may die, or free the next round
          std::this_thread::sleep_for(std::chrono::duration<double>(pause));
          pause = std::min(pause * 1.5, 1.0);
        } else {
          return;
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      failed_ = true;
    }
  }

  std::optional<Claimed> claim(bool& others) {
    std::string why;
    auto claimed =
        storage_.claim(study_, space_, job_.lease_seconds, [&](const std::vector<Trial>& trials) { return propose(trials, others, why); });
    const std::lock_guard lock(mutex_);
    if (!claimed && !why.empty()) why_ = why;
    if (claimed) heart_->add(claimed->lease);
    return claimed;
  }

  std::optional<std::pair<Values, Stage>> propose(const std::vector<Trial>& trials, bool& others, std::string& why) {
    std::int64_t epochs = 0, failed = 0, good = 0;
    for (const Trial& t : trials) {
      epochs += t.finished() ? trained_epochs(t) : t.stage.epochs - t.stage.initial_epoch;
      failed += t.state == TrialState::fail ? 1 : 0;
      good += t.state == TrialState::complete || t.state == TrialState::pruned ? 1 : 0;
      // One without a lease is another program's: it is not waited for.
      others = others || (t.state == TrialState::running && t.system_attr("lehr:lease") != nullptr);
    }
    if (good == 0 && failed >= 8) why = "the first " + std::to_string(failed) + " trials all failed";
    if (job_.trials > 0 && std::ssize(trials) >= job_.trials) why = std::to_string(job_.trials) + " trials done";
    if (job_.epochs_budget > 0 && epochs >= job_.epochs_budget)
      why = "the budget of " + std::to_string(job_.epochs_budget) + " epochs is spent";
    if (late()) why = "the budget of time is spent";
    if (!why.empty()) return {};
    const Answer answer = oracle_.ask({.space = space_, .trials = trials, .maximize = directions_of(objectives_), .seed = job_.seed});
    if (const auto* p = std::get_if<Proposal>(&answer)) return std::pair{p->values, p->stage};
    if (const auto* e = std::get_if<Exhausted>(&answer)) why = e->why;
    return {};
  }

  /// Of trials that nobody goes on with any more.
  void clear_checkpoints() {
    storage_.look(study_, space_, [&](const auto& trials) {
      if (std::all_of(trials.begin(), trials.end(), [](const Trial& t) { return t.finished(); }))
        for (const Trial& t : trials) disk_.forget(folder_of(t.number));
    });
  }

  std::filesystem::path folder_of(std::int64_t number) const {
    return std::filesystem::path(job_.folder) / fmt::format("trial-{:04}", number);
  }

  TrialRequest request_of(const Claimed& claimed) const {
    const Trial& t = claimed.trial;
    TrialRequest r{.settings = settings_with_values(job_.settings, space_, t.params),
                   .objectives = objectives_,
                   .stage = t.stage,
                   .longest = longest(),
                   .folds = job_.folds,
                   .stratified = job_.stratified,
                   .executions = job_.executions_per_trial,
                   .score_last = job_.score == "last",
                   .threads = threads_of(job_),
                   .seed = job_.seed,
                   .folder = folder_of(t.number),
                   .keep_checkpoint = goes_on(t.stage),
                   .memory_limit = static_cast<double>(memory_limit()) * 0.8 / job_.jobs};
    if (t.stage.source) r.source_folder = folder_of(*t.stage.source);
    return r;
  }

  std::int64_t longest() const {
    std::int64_t epochs = 0;
    for (const auto& round : planned_.rounds) epochs = std::max(epochs, round.epochs);
    return epochs;
  }

  /// Whether a later round could take this trial's weights up.
  bool goes_on(const Stage& stage) const {
    return std::any_of(planned_.rounds.begin(), planned_.rounds.end(), [&](const auto& r) { return r.initial_epoch >= stage.epochs; });
  }

  void work(const Claimed& claimed) {
    const Trial& t = claimed.trial;
    Trial watched = t;
    watched.intermediate.clear();
    bool lost = false;
    TrialWatch watch{.interrupted = [&] { return interrupted() || lost; },
                     .out_of_time = [&] { return late(); },
                     .warn = [&](const std::string& line) { warn_once(line); }};
    std::exception_ptr unstored;  // the storage's failure is not the trial's
    const auto stored = [&](std::int64_t epoch, double value) {
      try {
        return storage_.report(claimed.lease, {{epoch, value}});
      } catch (...) {
        unstored = std::current_exception();
        throw;
      }
    };
    watch.report = [&](std::int64_t epoch, double value) {
      if (!stored(epoch, value)) {
        lost = true;
        return true;
      }
      if (!pruner_ || objectives_.size() > 1) return true;
      watched.intermediate.emplace_back(epoch, value);
      bool prune = false;
      storage_.look(study_, space_, [&](const auto& trials) { prune = pruner_->prune(trials, watched, objectives_[0].maximize); });
      return !prune;
    };
    TrialResult result;
    try {
      const TrialRequest request = request_of(claimed);
      disk_.make_room();
      result =
          job_.command.empty() ? fit_trial(request, data_, watch) : run_command_trial(job_.command, space_.json(t.params), request, watch);
    } catch (const Error& e) {
      if (unstored || e.info().category == Category::interrupted) throw;
      result = {.state = TrialState::fail, .reason = e.what()};
    } catch (const std::bad_alloc&) {
      result = {.state = TrialState::fail, .reason = "out of memory"};
    }
    heart_->remove(claimed.lease);
    if (lost) return;  // another worker has it
    if (result.interrupted) {
      storage_.requeue(claimed.lease);
      return;
    }
    finish(claimed, result);
  }

  void finish(const Claimed& claimed, TrialResult& result) {
    std::vector<std::pair<std::string, JsonValue>> attributes{{"epochs", result.epochs}};
    if (result.best_epoch) attributes.emplace_back("best_epoch", *result.best_epoch);
    if (result.memory > 0) attributes.emplace_back("memory", static_cast<std::int64_t>(result.memory));
    if (!result.reason.empty()) attributes.emplace_back("reason", result.reason);
    if (result.from_scratch) attributes.emplace_back("from_scratch", true);
    if (result.runs.size() > 1) {
      attributes.emplace_back("runs", result.runs);
      attributes.emplace_back("standard_error", mean_with_error(result.runs).standard_error);
    }
    const std::vector<double> values = result.state == TrialState::fail ? std::vector<double>{} : result.values;
    if (!storage_.finish(claimed.lease, result.state, values, attributes)) return;
    keep_best(claimed.trial, result);
    forget_source(claimed.trial.stage);
    if (!goes_on(claimed.trial.stage)) disk_.forget(folder_of(claimed.trial.number));
  }

  /// In a population several may go on with one trial: its weights stay for two rounds.
  void forget_source(const Stage& stage) {
    if (!stage.source) return;
    if (oracle_.info().name != "pbt") return disk_.forget(folder_of(*stage.source));
    storage_.look(study_, space_, [&](const auto& trials) {
      for (const Trial& t : trials)
        if (t.stage.round + 2 <= stage.round) disk_.forget(folder_of(t.number));
    });
  }

  void keep_best(const Trial& t, const TrialResult& result) {
    if (result.best_weights.empty() || result.state != TrialState::complete) return;
    const std::lock_guard lock(mutex_);
    bool best = false;
    storage_.look(study_, space_, [&](const auto& trials) {
      const Trial* b = best_trial(trials, directions_of(objectives_));
      best = b != nullptr && b->number == t.number;
    });
    if (!best) return;
    try {
      std::filesystem::create_directories(job_.folder);
      write_npz((std::filesystem::path(job_.folder) / "best.weights.npz").string(), result.best_weights);
    } catch (const std::exception& e) {  // a full disk costs the file, not the search
      say(std::string("warning: the best weights could not be written: ") + e.what());
    }
  }

  void announce(std::int64_t number) {
    std::string line, board;
    storage_.look(study_, space_, [&](const auto& trials) {
      const auto t = std::find_if(trials.begin(), trials.end(), [&](const Trial& x) { return x.number == number; });
      if (t != trials.end()) line = line_of(trials, *t);
      if (hooks_.board) board = leaderboard(space_, objectives_, trials);
    });
    if (!line.empty()) say(line);
    const std::lock_guard lock(say_mutex_);
    if (hooks_.board && !board.empty()) hooks_.board(board);
  }

  std::string line_of(const std::vector<Trial>& trials, const Trial& t) {
    const std::int64_t total = job_.trials > 0 ? job_.trials : planned_.trials.value_or(0);
    std::string out = fmt::format("trial {}", t.number + 1) + (total > 0 ? fmt::format("/{}", total) : "") + "  ";
    if (t.state == TrialState::fail) {
      const JsonValue* reason = t.user_attr("reason");
      out += "FAILED: " + (reason != nullptr ? reason->string().substr(0, 200) : std::string("unknown"));
    } else if (t.state == TrialState::waiting) {
      out += "put back";
    } else if (!t.values.empty()) {
      for (std::size_t k = 0; k < std::min(objectives_.size(), t.values.size()); ++k)
        out += fmt::format("{}{} {:.5g}", k > 0 ? "  " : "", objectives_[k].name, t.values[k]);
      out += (t.state == TrialState::pruned ? " (stopped early)" : "");
      if (const JsonValue* error = t.user_attr("standard_error")) out += fmt::format(" +- {:.2g}", error->number());
    } else {
      out += std::string(name_of(t.state));
    }
    if (const Trial* best = best_trial(trials, directions_of(objectives_)))
      out += fmt::format("  best {:.5g}", best->values[0]) +
             (best->number == t.number ? " (this)" : fmt::format(" (trial {})", best->number + 1));
    out += "  " + space_.label(t.params);
    if (t.stage.epochs > 0) out += fmt::format("  epochs {}-{}", t.stage.initial_epoch + 1, t.stage.epochs);
    if (t.seconds() > 0) out += "  " + duration_text(t.seconds());
    if (const double left = seconds_left(trials, total); left > 0) out += "  ETA " + duration_text(left);
    return out;
  }

  /// By epochs where the rounds say how many there are, else by trials; from what this process saw.
  double seconds_left(const std::vector<Trial>& trials, std::int64_t total) {
    std::int64_t ended = 0, epochs = 0;
    for (const Trial& t : trials) {
      ended += t.finished() ? 1 : 0;
      epochs += t.finished() ? t.stage.epochs - t.stage.initial_epoch : 0;
    }
    const std::int64_t all = planned_.rounds.empty() ? total : planned_.epochs(), done = planned_.rounds.empty() ? ended : epochs;
    if (first_done_ < 0) first_done_ = done > 0 ? done - 1 : 0;
    if (done <= first_done_ || all <= done) return 0;
    return (steady_seconds() - begun_) / static_cast<double>(done - first_done_) * static_cast<double>(all - done);
  }

  const TuneJob& job_;
  const TuneHooks& hooks_;
  StudyStorage& storage_;
  StudyInfo study_;
  Space space_;
  std::vector<Objective> objectives_;
  Oracle oracle_;
  std::optional<Pruner> pruner_;
  SharedData data_;
  DiskBudget disk_;
  OraclePlan planned_;
  Heart* heart_ = nullptr;
  double deadline_ = 0, begun_ = steady_seconds();
  std::mutex mutex_, say_mutex_;
  std::string why_;
  std::exception_ptr error_;
  std::atomic<bool> failed_ = false;  ///< there is an error_: read without the lock
  std::atomic<std::int64_t> own_ = 0;
  std::atomic<bool> warned_ = false;  ///< of a full disk
  std::int64_t first_done_ = -1;
};

TuneResult work_on(TuneJob job, const TuneHooks& hooks, bool make) {
  check_pieces(job, space_of(job.settings));
  StudyStorage storage(job.storage);
  const StudyInfo study = open_study(job, hooks, storage, make);
  Worker worker(job, hooks, storage, study);
  worker.run();
  return worker.result();
}

}  // namespace

int threads_of(const TuneJob& job) {
  int threads = default_threads();
  for (const auto& s : job.settings)
    if (s.flag == "threads" && !s.values.empty() && s.values[0] != "0") threads = std::atoi(s.values[0].c_str());
  return std::max(1, threads / std::max(job.jobs, 1));
}

std::int64_t trained_epochs(const Trial& trial) {
  const JsonValue* epochs = trial.user_attr("epochs");
  return epochs != nullptr && epochs->is_number() ? static_cast<std::int64_t>(epochs->number()) : 0;
}

std::string make_study(const TuneJob& job, const TuneHooks& hooks) {
  TuneJob made = job;
  check_pieces(job, space_of(job.settings));
  StudyStorage storage(job.storage);
  return open_study(made, {.interrupted = hooks.interrupted, .data = hooks.data}, storage, true).name;
}

TuneResult run_tune(const TuneJob& job, const TuneHooks& hooks) { return work_on(job, hooks, true); }

TuneJob stored_job(const std::string& url, const std::string& name) {
  StudyStorage storage(url);
  const auto study = storage.find(name);
  if (!study) {
    std::string names;
    for (const auto& n : storage.names()) names += (names.empty() ? "" : ", ") + n;
    throw Error({.category = Category::usage,
                 .where = "study " + name,
                 .what = "is not in " + url,
                 .expected = names.empty() ? "a study" : names,
                 .got = name});
  }
  const JsonValue* stored = study->attribute("lehr:job");
  if (stored == nullptr)
    throw Error({.category = Category::usage,
                 .where = "study " + name,
                 .what = "does not say what a trial is: another program made it",
                 .hint = "Give it to lehr tune --study NAME with --model and --data, or with --command."});
  TuneJob job = tune_job_from_json(*stored);
  job.study = name;
  job.storage = url;
  return job;
}

TuneResult run_worker(const TuneJob& own, const TuneHooks& hooks) {
  TuneJob job = stored_job(own.storage, own.study);
  job.folder = own.folder;
  job.jobs = own.jobs;
  job.isolate = own.isolate;
  job.lease_seconds = own.lease_seconds;
  job.own_trials = own.own_trials;
  for (const auto& s : own.settings) {  // where this machine keeps its data, how many threads it has
    std::erase_if(job.settings, [&](const Setting& held) { return held.flag == s.flag; });
    job.settings.push_back(s);
  }
  return work_on(job, hooks, false);
}

TuneResult read_study(const std::string& url, const std::string& name) {
  const TuneJob job = stored_job(url, name);
  StudyStorage storage(url);
  const auto study = storage.find(name).value();
  TuneResult out{.study = name, .space = space_of(job.settings), .objectives = objectives_of(job)};
  out.trials = storage.trials(study, out.space);
  for (const Trial& t : out.trials) out.epochs_run += trained_epochs(t);
  out.best = best_trial(out.trials, directions_of(out.objectives));
  return out;
}

}  // namespace lehr
