// Oracles: KerasTuner's brackets and order, no point twice, the end of small spaces, answers that depend on nothing but the question, and
// better than chance on functions with a known minimum.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "engine/atomic_file.h"
#include "engine/spec/names.h"
#include "engine/spec/parse.h"
#include "tests/check/golden_ran.h"
#include "tune/oracles/hyperband.h"
#include "tune/oracles/oracle.h"
#include "tune/oracles/scores.h"
#include "tune/space/search_spec.h"

using namespace lehr;

namespace {

Space space_from(const std::string& text) { return space_of({{.flag = "optimizer", .values = {text}}}); }
Oracle oracle_from(const std::string& text) { return oracle_catalogue().from(parse_spec(text, "--oracle")); }

/// A whole study in memory: `workers` trials are always running, and end in the order they began.
struct Run {
  std::vector<Trial> trials;
  std::string end;
};

using Objectives = std::function<std::vector<double>(const Trial&)>;

Run run_study(const Oracle& oracle, const Space& space, const Objectives& f, const std::vector<bool>& maximize = {false},
              std::uint64_t seed = 0, std::size_t workers = 1, std::size_t most = 1000) {
  Run run;
  std::size_t next_end = 0;
  const auto end_one = [&] {
    Trial& t = run.trials[next_end++];
    t.values = f(t);
    t.state = t.values.empty() ? TrialState::fail : TrialState::complete;
  };
  while (run.trials.size() < most) {
    const Answer answer = oracle.ask({.space = space, .trials = run.trials, .maximize = maximize, .seed = seed});
    if (const auto* p = std::get_if<Proposal>(&answer)) {
      run.trials.push_back({.number = std::ssize(run.trials), .state = TrialState::running, .params = p->values, .stage = p->stage});
      if (run.trials.size() - next_end >= workers) end_one();
    } else if (const auto* e = std::get_if<Exhausted>(&answer)) {
      if (next_end == run.trials.size()) {
        run.end = e->why;
        break;
      }
      end_one();
    } else {
      REQUIRE(next_end < run.trials.size());  // waiting for nobody would be for ever
      end_one();
    }
  }
  while (next_end < run.trials.size()) end_one();
  return run;
}

double value_of(const Trial& t, const char* name) { return *t.params.find(name); }

double branin(double x, double y) {
  constexpr double pi = std::numbers::pi;
  const double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
  return a * a + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}
std::vector<double> branin_of(const Trial& t) { return {branin(value_of(t, "x"), value_of(t, "y"))}; }
const char* const branin_space = "f(x:float(-5, 10), y:float(0, 15))";

double best_of(const Run& run) { return best_trial(run.trials, {false})->values[0]; }

double median_best(const std::string& oracle, const std::string& space, const Objectives& f) {
  std::vector<double> found;
  for (std::uint64_t seed = 0; seed < 7; ++seed)
    found.push_back(best_of(run_study(oracle_from(oracle), space_from(space), f, {false}, seed)));
  std::sort(found.begin(), found.end());
  return found[3];
}

}  // namespace

TEST_CASE("golden: hyperband's plan is KerasTuner's, for six settings") {
  const auto golden = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/keras/tuner.json"), "tuner.json");
  CHECK(golden.at("hyperband").members().size() == 6);
  for (const auto& [setting, expected] : golden.at("hyperband").members()) {
    CAPTURE(setting);
    const auto comma = setting.find(',');
    const auto rounds = hyperband_rounds(std::stoll(setting.substr(0, comma)), std::stod(setting.substr(comma + 1)));
    std::size_t i = 0;
    std::int64_t trials = 0;
    for (const auto& bracket : expected.at("brackets").elements())
      for (const auto& round : bracket.elements()) {
        REQUIRE(i < rounds.size());
        CHECK(rounds[i].trials == round.at("trials").integer());
        CHECK(rounds[i].epochs == round.at("epochs").integer());
        trials += rounds[i++].trials;
      }
    CHECK(i == rounds.size());
    CHECK(trials == expected.at("trials").integer());
    CHECK(OraclePlan{.rounds = rounds}.epochs() == expected.at("epochs_run").integer());
    check::golden_ran("tuner.json", setting);
  }
}

TEST_CASE("16.5: thirty trials in KerasTuner's order, and the best of each round go on") {
  const auto golden = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/keras/tuner.json"), "tuner.json");
  const Space space = space_from("f(units:int(32, 512, step=32), learning_rate:choice(1e-2, 1e-3, 1e-4))");
  // A score that says which should go on: any function of the values.
  const auto score = [](const Trial& t) { return std::vector{std::sin(value_of(t, "units")) + value_of(t, "learning_rate")}; };
  const Run run = run_study(oracle_from("hyperband(10, 3)"), space, score, {true}, 3);
  REQUIRE(run.trials.size() == 30);
  std::int64_t epochs = 0;
  std::set<std::string> configurations;
  for (std::size_t i = 0; i < 30; ++i) {
    const auto& s = run.trials[i].stage;
    const auto& expected = golden.at("serial_10_3").at(i);
    CHECK(s.bracket == expected.at(0).integer());
    CHECK(s.round == expected.at(1).integer());
    CHECK(s.initial_epoch == expected.at(2).integer());
    CHECK(s.epochs == expected.at(3).integer());
    epochs += s.epochs - s.initial_epoch;
    configurations.insert(space.label(run.trials[i].params));
  }
  CHECK(epochs == 120);
  CHECK(configurations.size() == 22);
  // Round 1 of bracket 2: the four best of twelve, in order.
  std::vector<std::pair<double, std::int64_t>> first;
  for (std::size_t i = 0; i < 12; ++i) first.emplace_back(-run.trials[i].values[0], static_cast<std::int64_t>(i));
  std::stable_sort(first.begin(), first.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(run.trials[12 + i].stage.source == first[i].second);
    CHECK(run.trials[12 + i].params == run.trials[static_cast<std::size_t>(first[i].second)].params);
  }
}

TEST_CASE("hyperband: an exhausted space waits, then ends; failed trials never stop it") {
  const Space boolean = space_from("f(b:boolean)");
  const Oracle oracle = oracle_from("hyperband(8, 3)");
  std::vector<Trial> trials;
  for (int i = 0; i < 2; ++i) {
    const auto answer = oracle.ask({.space = boolean, .trials = trials});
    trials.push_back({.number = i,
                      .state = TrialState::running,
                      .params = std::get<Proposal>(answer).values,
                      .stage = std::get<Proposal>(answer).stage});
  }
  CHECK(std::holds_alternative<Wait>(oracle.ask({.space = boolean, .trials = trials})));
  for (Trial& t : trials) {
    t.state = TrialState::complete;
    t.values = {1};
  }
  CHECK(std::holds_alternative<Exhausted>(oracle.ask({.space = boolean, .trials = trials})));

  const Space space = space_from("f(units:int(32, 512, step=32), learning_rate:choice(1e-2, 1e-3, 1e-4))");
  const auto every_third_fails = [](const Trial& t) {
    return t.number % 3 == 0 ? std::vector<double>{} : std::vector{value_of(t, "units")};
  };
  const Run run = run_study(oracle_from("hyperband(10, 3)"), space, every_third_fails, {true}, 5);
  CHECK(run.trials.size() > 25);
  for (const Trial& t : run.trials)
    if (t.stage.source) CHECK(*t.stage.source % 3 != 0);
  const Run none = run_study(oracle_from("hyperband(10, 3)"), space, [](const Trial&) { return std::vector<double>{}; });
  CHECK(none.trials.size() == 22);
  CHECK_THROWS_AS(hyperband_rounds(10, 1), Error);
}

TEST_CASE("every oracle: the same question, the same answer; no point begins twice; several workers; small spaces end") {
  const Space small = space_from("f(a:int(1, 3), b:choice(x, y, z), c:boolean)");
  const Space large = space_from("f(lr:float(1e-5, 1, sampling=log), o:choice(adam, sgd(m:float(0, 0.99))), n:int(1, 500))");
  const auto f = [](const Trial& t) {
    double sum = 0;
    for (const auto& [name, value] : t.params.entries()) sum += std::sin(value * 3) + value * 0.01;
    return std::vector{sum};
  };
  std::vector<std::string> unseen = oracle_catalogue().names();  // a new oracle is looked at
  for (const char* text :
       {"grid", "random(trials=100)", "hyperband(9, 3)", "asha(max_epochs=9, trials=18)", "bayesian(trials=100)", "tpe(trials=100)",
        "cma_es(trials=100)", "pbt(population=4, max_epochs=3)", "bohb(9, 3)", "evolution(trials=100, population=6, sample=3)"}) {
    CAPTURE(text);
    const Oracle oracle = oracle_from(text);
    CHECK(same_name(oracle_from(oracle.text().print()).info().name, oracle.info().name));
    CHECK(std::erase(unseen, std::string(oracle.info().name)) == 1);
    const Run run = run_study(oracle, small, f, {false}, 1, 1, 60), again = run_study(oracle, small, f, {false}, 1, 1, 60);
    REQUIRE(run.trials.size() == again.trials.size());
    for (std::size_t i = 0; i < run.trials.size(); ++i) CHECK(run.trials[i].params == again.trials[i].params);
    std::set<std::string> begun;
    std::size_t started = 0;
    for (const Trial& t : run.trials) {
      if (t.stage.source) continue;
      ++started;
      begun.insert(small.label(t.params));
    }
    CHECK(begun.size() == started);
    if (std::string_view(text).find("100") != std::string_view::npos || oracle.info().name == "grid") {
      CHECK(run.trials.size() == 18);
      CHECK(run.end == "18 of 18 done");
    }
    if (oracle.info().name == "grid") continue;
    const Run parallel = run_study(oracle, large, f, {false}, 2, 4, 40);
    CHECK(parallel.trials.size() > 8);
    for (const Trial& t : parallel.trials)
      for (const auto& p : large.parameters()) {
        const double* v = t.params.find(p.name);
        CHECK((v != nullptr) == large.active(p, t.params));
        if (v != nullptr) CHECK(p.allows(*v));
      }
  }
  CHECK(unseen.empty());
}

TEST_CASE("successive halving: the best of each rung go on at once, and the plan says how many") {
  const Space space = space_from("f(x:float(0, 1))");
  const auto plan = oracle_from("asha(max_epochs=9, factor=3, trials=27)").plan(space);
  REQUIRE(plan.rounds.size() == 3);
  CHECK(plan.rounds[1].trials == 9);
  CHECK(plan.epochs() == 27 * 1 + 9 * 2 + 3 * 6);
  const Run run = run_study(oracle_from("asha(max_epochs=9, factor=3, trials=27)"), space,
                            [](const Trial& t) { return std::vector{value_of(t, "x")}; });
  std::int64_t at_top = 0;
  for (const Trial& t : run.trials) {
    at_top += t.stage.round == 2 ? 1 : 0;
    if (t.stage.source) CHECK(t.stage.initial_epoch == run.trials[static_cast<std::size_t>(*t.stage.source)].stage.epochs);
  }
  CHECK(at_top >= 3);  // who led early went on before better ones came: a few more than the plan's
  CHECK(at_top <= 6);
  CHECK(run.trials[2].stage.round == 0);
  CHECK(run.trials[3].stage.round == 1);  // as soon as three are there, one goes on
}

TEST_CASE("population based training: the worst quarter takes over the best's weights and shaken values") {
  const Space space = space_of(
      {{.flag = "model", .values = {"dense(units:int(1, 8))"}}, {.flag = "learning-rate", .values = {"lr:float(1e-4, 1, sampling=log)"}}});
  const Run run = run_study(oracle_from("pbt(population=8, max_epochs=4)"), space,
                            [](const Trial& t) { return std::vector{std::abs(std::log10(value_of(t, "lr")) + 2)}; });
  CHECK(run.trials.size() == 32);
  int taken_over = 0;
  for (const Trial& t : run.trials) {
    if (!t.stage.source) continue;
    const Trial& source = run.trials[static_cast<std::size_t>(*t.stage.source)];
    CHECK(value_of(source, "units") == value_of(t, "units"));
    CHECK(source.stage.epochs == t.stage.initial_epoch);
    taken_over += source.stage.bracket != t.stage.bracket ? 1 : 0;
  }
  CHECK(taken_over == 6);
}

TEST_CASE("models beat chance on Branin and near its minimum 0.3979") {
  const double random = median_best("random(trials=50)", branin_space, branin_of);
  const double tpe = median_best("tpe(trials=50)", branin_space, branin_of);
  const double gp = median_best("bayesian(trials=30)", branin_space, branin_of);
  const double cma = median_best("cma_es(trials=100)", branin_space, branin_of);
  MESSAGE("Branin, medians of 7: random(50) " << random << ", tpe(50) " << tpe << ", bayesian(30) " << gp << ", cma_es(100) " << cma);
  CHECK(tpe < random);
  CHECK(gp < 0.42);
  CHECK(cma < 0.6);
}

TEST_CASE("bayesian: the first trials share each value's range out among them") {
  const Space space = space_from("f(x:float(0, 1), y:float(1e-4, 1, sampling=log), n:int(1, 10), c:choice(a(z:float(0, 1)), b))");
  const Run run =
      run_study(oracle_from("bayesian(trials=10, num_initial_points=10)"), space, [](const Trial&) { return std::vector{1.0}; });
  REQUIRE(run.trials.size() == 10);
  std::set<int> x, y, n, a;
  for (const Trial& t : run.trials) {
    x.insert(static_cast<int>(value_of(t, "x") * 10));
    y.insert(static_cast<int>((std::log10(value_of(t, "y")) + 4) / 4 * 10));
    n.insert(static_cast<int>(value_of(t, "n")));
    if (const double* z = t.params.find("z")) a.insert(static_cast<int>(*z * 10));
  }
  CHECK(x.size() == 10);
  CHECK(y.size() == 10);
  CHECK(n.size() == 10);
  CHECK(a.size() == 5);  // the trials that have it, half of them, each a part of its own
  const Run other = run_study(oracle_from("bayesian(trials=10)"), space, [](const Trial&) { return std::vector{1.0}; }, {false}, 1);
  CHECK_FALSE(other.trials[0].params == run.trials[0].params);
}

TEST_CASE("several objectives: the front is visited, not one corner") {
  const Space space = space_from("f(x:float(0, 1), y:float(0, 1))");
  const auto f = [](const Trial& t) {
    const double x = value_of(t, "x"), y = value_of(t, "y");
    return std::vector{x * x + y * y * 0.1, (x - 1) * (x - 1) + y * y * 0.1};
  };
  const Run run = run_study(oracle_from("bayesian(trials=30)"), space, f, {false, false});
  const auto front = pareto_front(run.trials, {false, false});
  CHECK(front.size() >= 5);
  double low = 1, high = 0;
  for (const Trial* t : front) {
    low = std::min(low, value_of(*t, "x"));
    high = std::max(high, value_of(*t, "x"));
  }
  CHECK(low < 0.3);
  CHECK(high > 0.7);
}

TEST_CASE("NaN is never best, and an infinite loss neither") {
  std::vector<Trial> trials(3);
  for (std::size_t i = 0; i < 3; ++i) trials[i] = {.number = static_cast<std::int64_t>(i), .state = TrialState::complete};
  trials[0].values = {std::nan("")};
  trials[1].values = {5};
  trials[2].values = {HUGE_VAL};
  CHECK(best_trial(trials, {false})->number == 1);
  CHECK(best_trial({trials.data(), 1}, {false}) == nullptr);
  CHECK(pareto_front(trials, {false}).size() == 1);
}
