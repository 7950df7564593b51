// Studies in Optuna's tables: what Optuna wrote is read, claims are exclusive, leases fence, the dead are noticed. The other direction, Optuna
// reading ours, is tests/compare/optuna_storage.py.
#include <doctest/doctest.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include "engine/atomic_file.h"
#include "tests/check/temporary_folder.h"
#include "tune/space/search_spec.h"
#include "tune/study/database.h"
#include "tune/study/distribution.h"
#include "tune/study/study_storage.h"

using namespace lehr;

namespace {

Space space_from(const std::string& text) { return space_of({{.flag = "optimizer", .values = {text}}}); }

std::string url_in(const TemporaryFolder& folder, const char* name = "s.db") { return "sqlite:///" + folder / name; }

std::optional<std::pair<Values, Stage>> next_default(const Space& space) { return std::pair{space.defaults(), Stage{}}; }

/// Where a test server is: the environment names it. Without one, SQLite alone is tested.
std::vector<std::string> urls(const TemporaryFolder& folder) {
  std::vector<std::string> out{url_in(folder)};
  if (const char* server = std::getenv("LEHR_TEST_POSTGRESQL")) out.emplace_back(server);
  return out;
}

std::string unique_name() {
  return "test " + process_name() + " " + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

TEST_CASE("a study that Optuna wrote is read to the last value") {
  const TemporaryFolder folder;
  const std::string golden = std::string(LEHR_TESTS_DIR) + "/golden/optuna/";
  {
    soci::session sql(soci::sqlite3, "db=" + folder / "s.db");
    const std::string dump = read_file(golden + "study.sql");
    for (std::size_t begin = 0; begin < dump.size();) {
      const auto end = dump.find(";\n", begin);
      sql << dump.substr(begin, end - begin);
      begin = end + 2;
    }
  }
  const Space space = space_from(
      "f(units:int(32, 512, step=32), lr:float(1e-5, 1e-1, sampling=log), opt:choice(adam, sgd(momentum=momentum:float(0, 0.99))), "
      "nesterov:boolean)");
  StudyStorage storage(url_in(folder));
  const auto study = storage.find("from optuna");
  REQUIRE(study);
  CHECK(study->maximize == std::vector{true});
  const auto trials = storage.trials(*study, space);
  const auto expected = JsonValue::parse(read_file(golden + "study.json"), "study.json");
  REQUIRE(trials.size() == expected.size());
  const auto number_of = [](const std::string& text) {
    return text == "nan" ? std::nan("") : text == "inf" ? std::numeric_limits<double>::infinity() : std::stod(text);
  };
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto& row = expected.at(i);
    const Trial& t = trials[i];
    CAPTURE(i);
    CHECK(t.number == row.at("number").integer());
    CHECK(std::string(name_of(t.state)) == row.at("state").string());
    CHECK(space.json(t.params).size() == row.at("params").size());
    for (const auto& [name, value] : row.at("params").members()) {
      const auto& p = space.at(name);
      REQUIRE(t.params.find(name) != nullptr);
      CHECK(*t.params.find(name) == p.from_json(value).value());
    }
    if (!row.at("value").is_null()) CHECK(t.values.at(0) == number_of(row.at("value").string()));
    for (std::size_t k = 0; k < row.at("intermediate").size(); ++k) {
      const double wanted = number_of(row.at("intermediate").at(k).at(1).string());
      CHECK(t.intermediate.at(k).first == row.at("intermediate").at(k).at(0).integer());
      CHECK((std::isnan(wanted) ? std::isnan(t.intermediate.at(k).second) : t.intermediate.at(k).second == wanted));
    }
  }
  // What Optuna queued is taken up with its values.
  const auto claimed = storage.claim(*study, space, 60, [](const auto&) { return std::nullopt; });
  REQUIRE(claimed);
  CHECK(space.label(claimed->trial.params) == "units=64, lr=0.001, opt=adam, nesterov=true");
  CHECK(!claimed->taken_over);
}

TEST_CASE("distributions are written as Optuna writes them") {
  const Space space = space_from(
      "f(u:int(32, 512, step=32), lr:float(1e-5, 0.1, sampling=log), m:float(0, 0.99), q:float(0, 1, step=0.25), l:int(1, 100, "
      "sampling=log), "
      "c:choice(a, 1, 2.5, true, none), s:float(0.01, 100, step=10, sampling=log))");
  const auto text = [&](const char* name) { return distribution_json(space.at(name)); };
  CHECK(text("u") == R"({"name": "IntDistribution", "attributes": {"log": false, "step": 32, "low": 32, "high": 512}})");
  CHECK(text("lr") == R"({"name": "FloatDistribution", "attributes": {"log": true, "step": null, "low": 1e-05, "high": 0.1}})");
  CHECK(text("q") == R"({"name": "FloatDistribution", "attributes": {"log": false, "step": 0.25, "low": 0.0, "high": 1.0}})");
  CHECK(text("l") == R"({"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 100}})");
  CHECK(text("c") == R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a", 1, 2.5, true, null]}})");
  for (const auto& p : space.parameters())
    for (const double v : p.grid()) CHECK(value_from(p, stored_value(p, v), distribution_json(p)).value() == doctest::Approx(v));
}

TEST_CASE("what is written is read again: states, values, NaN, infinity, attributes, stages") {
  const TemporaryFolder folder;
  const Space space = space_from("f(u:int(1, 8), c:choice(a, b))");
  for (const auto& url : urls(folder)) {
    CAPTURE(url);
    StudyStorage storage(url);
    const auto study = storage.create(unique_name(), {true, false});
    storage.set_attribute(study, "k", JsonValue::object({{"a", 1}}));
    const auto claimed = storage.claim(study, space, 60, [&](const auto&) {
      return std::pair{space.defaults(), Stage{.epochs = 4, .initial_epoch = 2, .bracket = 1, .round = 2, .source = 7}};
    });
    REQUIRE(claimed);
    CHECK(storage.report(claimed->lease, {{0, 1.5}, {1, std::nan("")}, {2, HUGE_VAL}, {0, 1.25}}));
    CHECK(storage.set_trial_attribute(claimed->lease, "note", "x"));
    CHECK(storage.finish(claimed->lease, TrialState::complete, {0.5, -HUGE_VAL}));
    CHECK(!storage.report(claimed->lease, {{3, 1.0}}));  // it has ended
    StudyStorage other(url);
    const auto found = other.find(study.name).value();
    CHECK(found.maximize == std::vector{true, false});
    CHECK(found.attribute("k")->at("a").integer() == 1);
    const auto trials = other.trials(found, space);
    REQUIRE(trials.size() == 1);
    const Trial& t = trials[0];
    CHECK(t.state == TrialState::complete);
    CHECK(t.params == space.defaults());
    CHECK(t.values == std::vector{0.5, -HUGE_VAL});
    CHECK(t.stage == Stage{.epochs = 4, .initial_epoch = 2, .bracket = 1, .round = 2, .source = 7});
    REQUIRE(t.intermediate.size() == 3);
    CHECK(t.intermediate[0].second == 1.25);
    CHECK(std::isnan(t.intermediate[1].second));
    CHECK(t.intermediate[2].second == HUGE_VAL);
    CHECK(t.user_attr("note")->string() == "x");
    CHECK(t.seconds() >= 0);
    CHECK(t.started > 1.5e9);
    CHECK_THROWS_AS(storage.create(study.name, {false}), Error);
  }
}

TEST_CASE("eight workers on one study: every number once, no trial twice") {
  const TemporaryFolder folder;
  const Space space = space_from("f(u:int(1, 1000))");
  for (const auto& url : urls(folder)) {
    CAPTURE(url);
    const std::string name = unique_name();
    StudyStorage(url).create(name, {false});
    std::vector<std::thread> workers;
    std::mutex mutex;
    std::multiset<std::int64_t> claimed;
    for (int w = 0; w < 8; ++w)
      workers.emplace_back([&] {
        StudyStorage storage(url);
        const auto study = storage.find(name).value();
        while (true) {
          const auto c = storage.claim(study, space, 60, [&](const std::vector<Trial>& trials) -> std::optional<std::pair<Values, Stage>> {
            if (trials.size() >= 60) return {};
            Values v;
            v.set("u", static_cast<double>(trials.size() + 1));
            return std::pair{v, Stage{}};
          });
          if (!c) return;
          storage.finish(c->lease, TrialState::complete, {1.0});
          const std::lock_guard lock(mutex);
          claimed.insert(c->trial.number);
        }
      });
    for (auto& w : workers) w.join();
    CHECK(claimed.size() == 60);
    CHECK(std::set<std::int64_t>(claimed.begin(), claimed.end()).size() == 60);
    StudyStorage storage(url);
    for (const Trial& t : storage.trials(storage.find(name).value(), space)) CHECK(t.state == TrialState::complete);
  }
}

TEST_CASE("a silent worker loses its trial, and what it says later changes nothing") {
  const TemporaryFolder folder;
  const Space space = space_from("f(u:int(1, 8))");
  for (const auto& url : urls(folder)) {
    CAPTURE(url);
    StudyStorage slow(url), quick(url);
    const auto study = slow.create(unique_name(), {false});
    const auto first = slow.claim(study, space, 60, [&](const auto&) { return next_default(space); });
    REQUIRE(first);
    CHECK(!quick.claim(study, space, 60, [](const auto&) { return std::nullopt; }));  // it lives
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    const auto second = quick.claim(study, space, 0.5, [](const auto&) { return std::nullopt; });
    REQUIRE(second);
    CHECK(second->taken_over);
    CHECK(second->trial.number == first->trial.number);
    CHECK(!slow.heartbeat(first->lease));
    CHECK(!slow.finish(first->lease, TrialState::complete, {99.0}));
    CHECK(quick.finish(second->lease, TrialState::complete, {1.0}));
    CHECK(quick.trials(study, space)[0].values == std::vector{1.0});
    // Asked to stop, a worker hands its trial back.
    const auto third = quick.claim(study, space, 60, [&](const auto&) { return next_default(space); });
    REQUIRE(third);
    CHECK(quick.requeue(third->lease));
    CHECK(quick.trials(study, space)[1].state == TrialState::waiting);
    const auto again = slow.claim(study, space, 60, [](const auto&) { return std::nullopt; });
    REQUIRE(again);
    CHECK(again->taken_over);
    CHECK(again->trial.number == 1);
  }
}

TEST_CASE("a trial that kills every worker fails in the end") {
  const TemporaryFolder folder;
  const Space space = space_from("f(u:int(1, 8))");
  StudyStorage storage(url_in(folder));
  const auto study = storage.create("deadly", {false});
  REQUIRE(storage.claim(study, space, 60, [&](const auto&) { return next_default(space); }));
  int takers = 0;
  while (storage.claim(study, space, -1, [](const auto&) { return std::nullopt; })) ++takers;
  CHECK(takers == 4);
  const auto trials = storage.trials(study, space);
  CHECK(trials[0].state == TrialState::fail);
  CHECK(trials[0].user_attr("reason")->string() == "its worker died 5 times");
}

TEST_CASE("storages that cannot be: named, not crashed into") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(StudyStorage("mysql://x"), Error);
  CHECK_THROWS_AS(StudyStorage("sqlite:///"), Error);
  CHECK_THROWS_AS(StudyStorage("sqlite:////proc/none/s.db"), Error);
  folder.write("text.db", "this is no database, it is a text that is long enough to be looked at");
  CHECK_THROWS_AS(StudyStorage(url_in(folder, "text.db")), Error);
  CHECK(!process_gone(process_name()));
  CHECK(!process_gone("elsewhere:1:2"));
}

TEST_CASE("time: a trial costs little, ten thousand are listed at once" * doctest::test_suite("slow")) {
  const TemporaryFolder folder;
  const Space space = space_from("f(u:int(1, 100000), lr:float(1e-5, 1, sampling=log), c:choice(a, b, c))");
  StudyStorage storage(url_in(folder));
  const auto study = storage.create("many", {false});
  const auto now = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  const double begin = now();
  const auto one = [&] {
    const auto c = storage.claim(study, space, 60, [&](const auto&) { return next_default(space); });
    storage.report(c->lease, {{0, 1.0}});
    storage.finish(c->lease, TrialState::complete, {1.0});
  };
  for (int i = 0; i < 1000; ++i) one();
  const double each = (now() - begin) / 1000;
  for (int i = 1000; i < 10000; ++i) one();
  const double read = now();
  CHECK(StudyStorage(url_in(folder)).trials(study, space).size() == 10000);
  const double listed = now() - read;
  MESSAGE("a trial: " << each * 1e3 << " ms; 10,000 listed in " << listed << " s");
  CHECK(each < 0.02);
  CHECK(listed < 5);
}
