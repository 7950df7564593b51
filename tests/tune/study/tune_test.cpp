// Whole searches on small data: promotions that continue bit for bit, many trials at once, failures, pruning, folds, budgets, stopping and
// going on, programs as trials.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include "engine/data/digits.h"
#include "engine/data/npz.h"
#include "tests/check/temporary_folder.h"
#include "tune/study/cluster_scripts.h"
#include "tune/study/cross_validation.h"
#include "tune/study/study_storage.h"
#include "tune/study/worker.h"

using namespace lehr;

namespace {

TuneJob small_job(const TemporaryFolder& folder, const std::string& oracle) {
  return {.settings = {{.flag = "model", .values = {"flatten | dense(units:int(8, 32, step=8), relu) | dropout(0.1) | dense(10, softmax)"}},
                       {.flag = "learning-rate", .values = {"lr:choice(1e-2, 1e-3)"}},
                       {.flag = "data", .values = {"digits"}},
                       {.flag = "validation-split", .values = {"0.2"}},
                       {.flag = "batch-size", .values = {"100"}},
                       {.flag = "epochs", .values = {"2"}},
                       {.flag = "threads", .values = {"1"}}},
          .objectives = {"val_accuracy"},
          .oracle = oracle,
          .study = "s",
          .storage = "sqlite:///" + folder / "s.db",
          .folder = folder / "trials"};
}

void set(TuneJob& job, const std::string& flag, const std::string& value) {
  for (auto& s : job.settings)
    if (s.flag == flag) s.values = {value};
}

/// A trial's round, from epoch `begin` to `end`.
TrialRequest staged(const TemporaryFolder& folder, const std::string& name, std::int64_t begin, std::int64_t end,
                    const std::vector<Setting>& more) {
  TrialRequest out{.settings = {{.flag = "model", .values = {"flatten | dense(16, relu) | dropout(0.2) | dense(10, softmax)"}},
                                {.flag = "data", .values = {"digits"}},
                                {.flag = "validation-split", .values = {"0.2"}},
                                {.flag = "batch-size", .values = {"100"}},
                                {.flag = "threads", .values = {"1"}}},
                   .objectives = {objective_from("val_loss")},
                   .stage = {.epochs = end, .initial_epoch = begin},
                   .longest = 4,
                   .folder = folder / name,
                   .keep_checkpoint = true};
  out.settings.insert(out.settings.end(), more.begin(), more.end());
  return out;
}

void check_same_checkpoint(const std::string& one, const std::string& other) {
  const NamedArrays a = read_npz(one), b = read_npz(other);
  REQUIRE(a.size() == b.size());
  int compared = 0;
  for (const auto& [name, array] : a) {
    if (name == "checkpoint.json") continue;  // seconds differ
    const Array* found = find_array(b, name);
    REQUIRE(found != nullptr);
    CHECK(std::equal(array.data(), array.data() + array.bytes(), found->data(), found->data() + found->bytes()));
    ++compared;
  }
  CHECK(compared >= 5);
}

}  // namespace

TEST_CASE("a promoted trial is the one that was never stopped, bit for bit") {
  const TemporaryFolder folder;
  SharedData data;
  const auto request = [&](const std::string& name, std::int64_t begin, std::int64_t end) { return staged(folder, name, begin, end, {}); };
  const TrialResult whole = fit_trial(request("whole", 0, 5), data);
  fit_trial(request("first", 0, 2), data);
  TrialRequest second = request("second", 2, 5);
  second.stage.source = 0;
  second.source_folder = folder.path() + "/first";
  const TrialResult continued = fit_trial(second, data);
  CHECK(continued.epochs == 3);
  CHECK(!continued.from_scratch);
  CHECK(continued.values == whole.values);
  check_same_checkpoint(folder / "whole/checkpoint-0.lehr", folder / "second/checkpoint-0.lehr");
  // Where the first part's weights are not at hand, it trains from the beginning, to the same values.
  second.folder = folder / "third";
  second.source_folder = folder / "nowhere";
  const TrialResult again = fit_trial(second, data);
  CHECK(again.from_scratch);
  CHECK(again.values == whole.values);
}

TEST_CASE("a promotion goes on from the last epoch's weights, whatever stood in their place at the round's end") {
  const TemporaryFolder folder;
  SharedData data;
  // The first epoch's accuracy is the lowest: those weights come back at the end of every round, or an average of all.
  const std::vector<std::vector<Setting>> cases = {
      {{.flag = "callback", .values = {"early_stopping(monitor=val_accuracy, mode=min, patience=9, restore_best_weights=true)"}}},
      {{.flag = "optimizer", .values = {"adam(0.01, use_ema=true, ema_momentum=0.9)"}}},
      {{.flag = "optimizer", .values = {"schedule_free_adamw(0.01)"}}},
      {{.flag = "learning-rate", .values = {"cosine(initial=0.01)"}}},  // over the four epochs of the whole in both rounds
      {{.flag = "optimizer", .values = {"adam(0.01, use_ema=true)"}}, {.flag = "callback", .values = {"swap_ema_weights"}}}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const std::string n = std::to_string(i);
    const TrialResult whole = fit_trial(staged(folder, "whole" + n, 0, 4, cases[i]), data);
    fit_trial(staged(folder, "first" + n, 0, 2, cases[i]), data);
    TrialRequest second = staged(folder, "second" + n, 2, 4, cases[i]);
    second.stage.source = 0;
    second.source_folder = folder / ("first" + n);
    const TrialResult continued = fit_trial(second, data);
    CHECK(continued.values == whole.values);
    check_same_checkpoint(folder / ("whole" + n + "/checkpoint-0.lehr"), folder / ("second" + n + "/checkpoint-0.lehr"));
  }
}

TEST_CASE("a trial that early stopping has ended is not trained on by a promotion: unbroken it would have stopped there, too") {
  const TemporaryFolder folder;
  SharedData data;
  const std::vector<Setting> stops = {
      {.flag = "callback", .values = {"early_stopping(monitor=val_accuracy, mode=min, patience=1, restore_best_weights=true)"}}};
  const TrialResult whole = fit_trial(staged(folder, "whole", 0, 9, stops), data);
  CHECK(whole.epochs == 2);
  fit_trial(staged(folder, "first", 0, 3, stops), data);
  TrialRequest second = staged(folder, "second", 3, 9, stops);
  second.stage.source = 0;
  second.source_folder = folder / "first";
  const TrialResult continued = fit_trial(second, data);
  CHECK(continued.epochs == 0);
  CHECK(continued.state == TrialState::complete);
  CHECK(continued.values == whole.values);
  CHECK(continued.best_epoch == whole.best_epoch);
}

TEST_CASE("a schedule stretches over the epochs that promotions may bring a trial to") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "hyperband(4, 2)");
  set(job, "learning-rate", "cosine(initial=lr:choice(1e-2, 1e-3))");
  const TuneResult r = run_tune(job);
  SharedData data;
  int compared = 0;
  for (const Trial& t : r.trials) {
    if (!t.stage.source || t.stage.epochs != 4) continue;
    TrialRequest unbroken{.settings = settings_with_values(job.settings, r.space, t.params),
                          .objectives = r.objectives,
                          .stage = {.epochs = 4},
                          .threads = 1,
                          .folder = folder / "unbroken"};
    unbroken.stage.initial_epoch = t.stage.initial_epoch;  // the round's epochs are what it is scored by
    CHECK(fit_trial(unbroken, data).values == t.values);
    ++compared;
  }
  CHECK(compared >= 2);
}

TEST_CASE("a whole search: plan, promotions, best weights, and the same again") {
  const TemporaryFolder folder, other;
  std::vector<std::string> lines;
  TuneJob job = small_job(folder, "hyperband(4, 2)");
  const TuneResult r = run_tune(job, {.say = [&](const std::string& line) { lines.push_back(line); }});
  REQUIRE(r.best != nullptr);
  CHECK(r.trials.size() > 8);
  CHECK(r.best->values[0] > 0.6);
  for (const Trial& t : r.trials) {
    CHECK(t.state == TrialState::complete);
    CHECK(trained_epochs(t) == t.stage.epochs - t.stage.initial_epoch);
    if (t.stage.source) CHECK(t.params == r.trials[static_cast<std::size_t>(*t.stage.source)].params);
  }
  REQUIRE(!lines.empty());
  for (const char* word : {"8 points", "sum: 15 trials, 30 epochs", "--epochs 2 is not used", "memory a trial", "time: about"})
    CHECK(lines[0].find(word) != std::string::npos);
  CHECK(lines.size() == 1 + r.trials.size());
  CHECK(std::filesystem::exists(folder / "trials/best.weights.npz"));
  for (const auto& entry : std::filesystem::directory_iterator(folder / "trials")) CHECK(entry.path().filename() == "best.weights.npz");
  // Another machine: the same trials. The same again: nothing is left to do.
  const TuneResult same = run_tune(small_job(other, "hyperband(4, 2)"));
  REQUIRE(same.trials.size() == r.trials.size());
  for (std::size_t i = 0; i < r.trials.size(); ++i) CHECK(same.trials[i].values == r.trials[i].values);
  CHECK(run_tune(job).trials.size() == r.trials.size());
  CHECK(tune_json(r).find("\"val_accuracy\"") == std::string::npos);
  const JsonValue json = JsonValue::parse(tune_json(r));
  CHECK(json.at("best").at("params").at("units").integer() > 0);
  CHECK(fit_command(job, r.space, *r.best).find("lehr fit") == 0);
  // Another space under the same name is refused with the difference, unless a new one is wanted.
  set(job, "learning-rate", "lr:choice(1e-2, 1e-4)");
  try {
    run_tune(job);
    CHECK(false);
  } catch (const Error& e) {
    CHECK(std::string(e.what()).find("--learning-rate: lr:choice(1e-2, 1e-3) -> lr:choice(1e-2, 1e-4)") != std::string::npos);
  }
  job.fresh = true;
  job.trials = 2;
  CHECK(run_tune(job).study == "s-1");
}

TEST_CASE("four trials at once give each trial the bits it has alone") {
  const TemporaryFolder alone_folder, four_folder;
  TuneJob alone = small_job(alone_folder, "grid"), four = small_job(four_folder, "grid");
  four.jobs = 4;
  const TuneResult a = run_tune(alone), b = run_tune(four);
  CHECK(a.trials.size() == 8);
  REQUIRE(b.trials.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(a.trials[i].params == b.trials[i].params);
    CHECK(a.trials[i].values == b.trials[i].values);
  }
  CHECK(a.why == "8 of 8 done");
}

TEST_CASE("a failed trial says why and ends nothing; NaN is never best") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "grid");
  set(job, "model", "flatten | dense(units:choice(16, 0, 24), relu) | dense(10, softmax)");
  set(job, "learning-rate", "lr:choice(1e-2, 1e30)");
  job.objectives = {"val_loss"};
  const TuneResult r = run_tune(job);
  CHECK(r.trials.size() == 6);
  std::size_t failed = 0;
  for (const Trial& t : r.trials) {
    if (t.state != TrialState::fail) continue;
    ++failed;
    REQUIRE(t.user_attr("reason") != nullptr);
    CHECK(!t.user_attr("reason")->string().empty());
  }
  CHECK(failed >= 2);
  REQUIRE(r.best != nullptr);
  CHECK(std::isfinite(r.best->values[0]));
  TuneJob hopeless = small_job(folder, "random(trials=50)");
  hopeless.study = "hopeless";
  set(hopeless, "model", "flatten | dense(units:int(8, 800, step=8), relu) | dense(4, softmax)");
  CHECK_THROWS_AS(run_tune(hopeless), Error);  // said before the first trial
}

TEST_CASE("what cannot be is refused before anything trains") {
  const TemporaryFolder folder;
  const auto refused = [&](auto change, const char* word) {
    TuneJob job = small_job(folder, "random(trials=2)");
    change(job);
    try {
      run_tune(job);
      FAIL_CHECK("not refused: " << word);
    } catch (const Error& e) {
      CAPTURE(std::string(word));
      CAPTURE(std::string(e.what()));
      CHECK(std::string(e.what()).find(word) != std::string::npos);
    }
  };
  refused([](TuneJob& j) { j.objectives = {"val_acuracy"}; }, "val_acuracy");
  refused([](TuneJob& j) { j.objectives = {"val_mse"}; }, "val_accuracy");
  refused([](TuneJob& j) { set(j, "validation-split", "0.0"); }, "validation");
  refused([](TuneJob& j) { j.oracle = "hyperbnd"; }, "hyperband");
  refused([](TuneJob& j) { j.pruner = "medan"; }, "median");
  refused([](TuneJob& j) { j.score = "worst"; }, "best or last");
  refused([](TuneJob& j) { j.folds = 1; }, "--folds");
  refused([](TuneJob& j) { set(j, "model", "flatten | dense(8)"), set(j, "learning-rate", "0.1"); }, "nothing is searched");
  refused([](TuneJob& j) { j.storage = "sqlite:////proc/nowhere/s.db"; }, "nowhere");
  StudyStorage storage("sqlite:///" + folder / "s.db");
  CHECK(!storage.find("s"));
}

TEST_CASE("a pruner stops bad trials, and a budget stops the search") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "grid");
  set(job, "learning-rate", "lr:choice(1e-2, 1e-7)");
  set(job, "epochs", "4");
  job.pruner = "median(n_startup_trials=1)";
  const TuneResult r = run_tune(job);
  std::size_t pruned = 0;
  for (const Trial& t : r.trials) {
    pruned += t.state == TrialState::pruned ? 1 : 0;
    if (t.state == TrialState::pruned) CHECK(t.intermediate.size() < 4);
  }
  CHECK(pruned >= 2);
  TuneJob budget = small_job(folder, "grid");
  budget.study = "budget";
  budget.epochs_budget = 5;
  const TuneResult b = run_tune(budget);
  CHECK(b.epochs_run == 6);
  CHECK(b.why.find("5 epochs") != std::string::npos);
  TuneJob time = small_job(folder, "random(trials=100000)");
  time.study = "time";
  set(time, "learning-rate", "lr:float(1e-4, 1e-1)");
  time.seconds_budget = 0.5;
  CHECK(run_tune(time).why.find("time") != std::string::npos);
}

TEST_CASE("folds: a trial's value is the mean over them, with its error; executions average over seeds") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "random(trials=2)");
  job.folds = 3;
  job.stratified = true;
  const TuneResult r = run_tune(job);
  for (const Trial& t : r.trials) {
    const auto& runs = t.user_attr("runs")->elements();
    REQUIRE(runs.size() == 3);
    CHECK(t.values[0] == doctest::Approx((runs[0].number() + runs[1].number() + runs[2].number()) / 3));
    CHECK(t.user_attr("standard_error")->number() > 0);
  }
  TuneJob twice = small_job(folder, "random(trials=1)");
  twice.study = "twice";
  twice.executions_per_trial = 2;
  CHECK(run_tune(twice).trials[0].user_attr("runs")->size() == 2);
}

TEST_CASE("asked to stop, a search saves its trial; a worker goes on with it to the same values") {
  const TemporaryFolder folder, whole_folder;
  TuneJob job = small_job(folder, "hyperband(4, 2)");
  std::atomic<int> asked = 0;
  const TuneResult stopped = run_tune(job, {.interrupted = [&] { return ++asked > 150; }});
  CHECK(stopped.interrupted);
  std::size_t waiting = 0;
  for (const Trial& t : stopped.trials) waiting += t.state == TrialState::waiting ? 1 : 0;
  CHECK(waiting == 1);
  const TuneResult r = run_worker({.study = "s", .storage = job.storage, .folder = job.folder});
  const TuneResult whole = run_tune(small_job(whole_folder, "hyperband(4, 2)"));
  REQUIRE(r.trials.size() == whole.trials.size());
  for (std::size_t i = 0; i < r.trials.size(); ++i) {
    CHECK(r.trials[i].state == TrialState::complete);
    CHECK(r.trials[i].values == whole.trials[i].values);
  }
}

TEST_CASE("population based training goes on with another member's weights under another rate") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "pbt(population=4, max_epochs=3)");
  set(job, "learning-rate", "lr:float(1e-4, 1e-1, sampling=log)");
  const TuneResult r = run_tune(job);
  CHECK(r.trials.size() == 12);
  for (const Trial& t : r.trials) {
    CHECK(t.state == TrialState::complete);
    CHECK(trained_epochs(t) == 1);
  }
}

TEST_CASE("any program can be a trial: values in as JSON, reports, pruning, failures") {
  const TemporaryFolder folder;
  TuneJob job{.settings = {{.flag = "optimizer", .values = {"f(x:int(0, 5), c:choice(a, b))"}}},
              .oracle = "grid",
              .study = "p",
              .storage = "sqlite:///" + folder / "s.db",
              .folder = folder / "t"};
  job.command = R"(python3 -c "
import json, sys
p = json.loads(sys.argv[1])
if p['x'] == 3: sys.exit('three is bad')
print(json.dumps(dict(step=0, value=p['x'])))
print('words in between')
print(json.dumps(dict(value=float('nan') if p['x'] == 4 else p['x'] + (p['c'] == 'b'))))
" {params})";
  const TuneResult r = run_tune(job);
  CHECK(r.trials.size() == 12);
  REQUIRE(r.best != nullptr);
  CHECK(r.space.label(r.best->params) == "x=0, c=a");
  for (const Trial& t : r.trials) {
    const double x = *t.params.find("x");
    CHECK((t.state == TrialState::fail) == (x == 3 || x == 4));
    if (x == 3) CHECK(t.user_attr("reason")->string() == "exit status 1: three is bad");
    if (t.state == TrialState::complete) CHECK(t.intermediate.size() == 1);
  }
}

TEST_CASE("several objectives: a front") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "grid");
  job.objectives = {"val_accuracy", "parameters"};
  const TuneResult r = run_tune(job);
  for (const Trial& t : r.trials) {
    REQUIRE(t.values.size() == 2);
    CHECK(t.values[1] == 64 * *t.params.find("units") + *t.params.find("units") * 11 + 10);
  }
}

TEST_CASE("finalize: three numbers, test rows seen by none of them before") {
  const TemporaryFolder folder;
  TuneJob job = small_job(folder, "random(trials=3)");
  run_tune(job);
  const Finalized f = finalize_study(job.storage, "s", 2);
  CHECK(f.retrained.size() == 2);
  REQUIRE(f.test.size() == 2);
  CHECK(f.retrained[0] != f.retrained[1]);
  const JsonValue json = JsonValue::parse(finalized_json(f));
  CHECK(json.at("test").at("accuracy").number() > 0.1);
  CHECK(json.at("trial_value").number() == f.trial_value);
}

TEST_CASE("cross-validation: every row is held out once, several folds at once, nested") {
  CrossValidation request{
      .settings = small_job(TemporaryFolder(), "grid").settings, .folds = 3, .stratified = true, .objectives = {"val_accuracy"}};
  for (auto& s : request.settings)
    if (s.flag == "model") s.values = {"flatten | dense(16, relu) | dense(10, softmax)"};
  for (auto& s : request.settings)
    if (s.flag == "learning-rate") s.values = {"1e-2"};
  const auto one = cross_validate(request);
  request.jobs = 3;
  const auto three = cross_validate(request);
  REQUIRE(one.scores.size() == 3);
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    rows += one.scores[i].rows;
    CHECK(one.scores[i].values == three.scores[i].values);
  }
  CHECK(rows == three.scores[0].rows + three.scores[1].rows + three.scores[2].rows);
  CHECK(one.mean.at(1).first == "accuracy");
  request.oracle = "random(trials=2)";
  request.inner_folds = 2;
  for (auto& s : request.settings)
    if (s.flag == "learning-rate") s.values = {"lr:choice(1e-2, 1e-4)"};
  const auto nested = cross_validate(request);
  for (const auto& s : nested.scores) CHECK(s.params.at("lr").number() == 1e-2);
}

TEST_CASE("scripts for clusters name the study's place, and refuse a file") {
  TuneJob job{.storage = "postgresql://me@db/x", .jobs = 4};
  CHECK(slurm_script(job, "my study").find("--array=0-3") != std::string::npos);
  CHECK(slurm_script(job, "my study").find("--study 'my study'") != std::string::npos);
  CHECK(kubernetes_job(job, "my study").find("completions: 4") != std::string::npos);
  job.storage = "sqlite:///s.db";
  CHECK_THROWS_AS(slurm_script(job, "s"), Error);
}
