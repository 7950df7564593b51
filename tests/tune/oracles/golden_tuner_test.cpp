// What KerasTuner's own tests say about spaces, grids, objectives and Hyperband (upstream.json), and Hyperband's tables (derived.json).
#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "engine/spec/parse.h"
#include "tests/check/golden.h"
#include "tune/oracles/hyperband.h"
#include "tune/oracles/scores.h"
#include "tune/space/search_spec.h"

using namespace lehr;

namespace {

using Answers = std::map<std::string, std::function<void(const JsonValue& params, const JsonValue& inputs, const JsonValue& expected)>>;

JsonValue cases_of(const std::string& file) { return JsonValue::parse(read_file(LEHR_TESTS_DIR "/golden/keras/" + file), file); }
Space space_from(const std::string& text) { return space_of({{.flag = "model", .values = {text}}}); }

/// One parameter with the options that KerasTuner was given.
Hyperparameter parameter(const std::string& kind, const JsonValue& params) {
  std::string text = "x:" + kind + "(" + params.at("min_value").text() + ", " + params.at("max_value").text();
  for (const char* key : {"step", "default", "sampling"})
    if (const JsonValue* value = params.find(key))
      text += std::string(", ") + key + "=" + (value->is_string() ? value->string() : value->text());
  return space_from(text + ")").parameters().at(0);
}

/// A grid's values ascend here, whatever way they are sampled.
void check_values(const std::vector<double>& got, const JsonValue& want) {
  auto values = check::flat(want);
  std::sort(values.begin(), values.end());
  REQUIRE(got.size() == values.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(values[i]).epsilon(1e-9));
}

void check_log_step(const JsonValue& params, const JsonValue&, const JsonValue& expected) {
  const Hyperparameter p = parameter("float", params);
  check_values(p.grid(), expected.at("values"));
  const double value = expected.at("value_at_prob_03").number();
  CHECK(std::abs(p.position(value) - 0.3) <= 1e-4);
  CHECK(std::abs(p.at(0.3) - value) <= 1e-4);
}

/// num_brackets, num_rounds_b3, size_b3_r0, epochs_b3_r0 and the like.
void check_brackets(const JsonValue& params, const JsonValue&, const JsonValue& expected) {
  const auto rounds = hyperband_rounds(params.at("max_epochs").integer(), params.at("factor").number());
  for (const auto& [key, value] : expected.members()) {
    CAPTURE(key);
    if (key == "num_brackets") {
      CHECK(rounds.front().bracket + 1 == value.integer());
      continue;
    }
    const auto bracket = std::stoll(key.substr(key.find("_b") + 2));
    const auto in_bracket = [&](const PlannedRound& r) { return r.bracket == bracket; };
    const auto begin = std::find_if(rounds.begin(), rounds.end(), in_bracket);
    if (key.starts_with("num_rounds"))
      CHECK(std::count_if(rounds.begin(), rounds.end(), in_bracket) == value.integer());
    else
      CHECK((key.starts_with("size") ? (begin + std::stoll(key.substr(key.find("_r") + 2)))->trials
                                     : (begin + std::stoll(key.substr(key.find("_r") + 2)))->epochs) == value.integer());
  }
}

void check_exhaustion(const JsonValue& params, const JsonValue&, const JsonValue&) {
  const Space space = space_from("f(b:boolean)");
  const Oracle oracle(Hyperband{.max_epochs = params.at("max_epochs").integer(), .factor = params.at("factor").number()});
  std::vector<Trial> trials;
  for (int i = 0; i < 2; ++i) {
    const auto first = std::get<Proposal>(oracle.ask({.space = space, .trials = trials}));
    trials.push_back({.number = i, .state = TrialState::running, .params = first.values, .stage = first.stage});
  }
  CHECK(std::holds_alternative<Wait>(oracle.ask({.space = space, .trials = trials})));  // KerasTuner: IDLE
  for (Trial& t : trials) t = {.number = t.number, .state = TrialState::complete, .params = t.params, .values = {1}, .stage = t.stage};
  CHECK(std::holds_alternative<Exhausted>(oracle.ask({.space = space, .trials = trials})));  // STOPPED
}

void check_grid(const std::string& space, const JsonValue& expected) {
  CHECK(std::ssize(*space_from(space).grid(1000)) == expected.at("trials").integer());
}

void check_directions(const JsonValue&, const JsonValue& inputs, const JsonValue& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string& name = inputs.at("names").at(i).string();
    CAPTURE(name);
    if (expected.at(i).is_null())
      CHECK_THROWS_AS(objective_from(name), Error);
    else
      CHECK(objective_from(name).maximize == (expected.at(i).string() == "max"));
  }
}

void check_better(const JsonValue&, const JsonValue& inputs, const JsonValue& expected) {
  for (const char* direction : {"max", "min"})
    for (std::size_t i = 0; i < inputs.at(direction).size(); ++i) {
      const auto pair = check::flat(inputs.at(direction).at(i));
      const std::vector<Trial> trials{{.number = 0, .state = TrialState::complete, .values = {pair[1]}},
                                      {.number = 1, .state = TrialState::complete, .values = {pair[0]}}};
      CHECK((best_trial(trials, {std::string(direction) == "max"})->number == 1) == expected.at(direction).at(i).boolean());
    }
}

void check_failed(const JsonValue&, const JsonValue&, const JsonValue&) {
  const Space space = space_from("f(a:int(1, 100))");
  const Oracle oracle = oracle_catalogue().from(parse_spec("random(trials=10)", "--oracle"));
  std::vector<Trial> trials;
  const auto first = std::get<Proposal>(oracle.ask({.space = space, .trials = trials}));
  trials.push_back({.number = 0, .state = TrialState::fail, .params = first.values});
  CHECK_FALSE(std::get<Proposal>(oracle.ask({.space = space, .trials = trials})).values == first.values);
}

Answers answers() {
  Answers out{{"kt.hyperband.8_2", check_brackets},          {"kt.hyperband.2_2", check_brackets},
              {"kt.hyperband.exhausted", check_exhaustion},  {"kt.float.log_step", check_log_step},
              {"kt.float.reverse_log_step", check_log_step}, {"kt.direction_inference", check_directions},
              {"kt.objective.better_than", check_better},    {"kt.oracle.no_retry_failed", check_failed}};
  out["kt.hyperband.factor_error"] = [](const JsonValue& params, const JsonValue&, const JsonValue&) {
    CHECK_THROWS_WITH_AS(hyperband_rounds(10, params.at("factor").number()), doctest::Contains("factor"), Error);
  };
  out["kt.int.value_to_prob"] = [](const JsonValue& params, const JsonValue& inputs, const JsonValue& expected) {
    const Hyperparameter p = parameter("int", params);
    CHECK(std::abs(p.position(inputs.at("value").number()) - expected.at("prob").number()) <= 1e-4);
    CHECK(p.default_value() == expected.at("default").number());
  };
  out["kt.int.values_no_step"] = [](const JsonValue& params, const JsonValue&, const JsonValue& expected) {
    CHECK(std::ssize(parameter("int", params).grid()) == expected.at("num_values").integer());
  };
  out["kt.float.zero_length"] = [](const JsonValue& params, const JsonValue&, const JsonValue& expected) {
    const Hyperparameter p = parameter("float", params);
    CHECK(p.at(0.7) == expected.at("sample").number());
    CHECK(p.position(2) == expected.at("prob").number());
  };
  out["kt.float.values_step"] = [](const JsonValue& params, const JsonValue&, const JsonValue& expected) {
    check_values(parameter("float", params).grid(), expected.at("values"));
  };
  out["kt.choice.prob"] = [](const JsonValue&, const JsonValue&, const JsonValue& expected) {  // values are counted from 0 here
    const Hyperparameter p = space_from("c:choice(1, 2, 3, default=2)").parameters().at(0),
                         unset = space_from("c:choice(1, 2, 3)").parameters().at(0);
    CHECK(std::abs(p.position(0) - expected.at("prob").number()) <= 1e-4);
    CHECK(p.default_value() == expected.at("default").number() - 1);
    CHECK(unset.default_value() == expected.at("default_if_unset").number() - 1);
    CHECK(unset.ordered == expected.at("ordered_if_unset").boolean());
  };
  out["kt.grid.int_float"] = [](const JsonValue&, const JsonValue&, const JsonValue& expected) {
    check_grid("f(a:int(1, 5), b:float(1, 2))", expected);
  };
  out["kt.grid.exhaustive"] = [](const JsonValue&, const JsonValue&, const JsonValue& expected) {
    check_grid("f(a:choice(1, 2), b:boolean, c:choice(x, y), d:choice(1, 2, 3), e=7)", expected);
  };
  out["kt.grid.conditional"] = [](const JsonValue&, const JsonValue&, const JsonValue& expected) {
    check_grid("f(a:choice(p(x:choice(1, 2)), q(y:choice(1, 2))), b:choice(p(z:choice(1, 2)), q(w:choice(1, 2))))", expected);
  };
  return out;
}

/// One worker; a score that says which go on: any.
void check_serial(std::int64_t max_epochs, double factor, const JsonValue& sequence) {
  const Space space = space_from("f(units:int(32, 512, step=32), learning_rate:choice(1e-2, 1e-3, 1e-4))");
  const Oracle oracle(Hyperband{.max_epochs = max_epochs, .factor = factor});
  std::vector<Trial> trials;
  for (const auto& want : sequence.elements()) {
    const auto next = std::get<Proposal>(oracle.ask({.space = space, .trials = trials, .seed = 3}));
    CHECK(next.stage.bracket == want.at("bracket").integer());
    CHECK(next.stage.round == want.at("round").integer());
    CHECK(next.stage.initial_epoch == want.at("initial_epoch").integer());
    CHECK(next.stage.epochs == want.at("epochs").integer());
    const double score = *next.values.find("units") + *next.values.find("learning_rate");
    trials.push_back(
        {.number = std::ssize(trials), .state = TrialState::complete, .params = next.values, .values = {score}, .stage = next.stage});
  }
}

}  // namespace

TEST_CASE("golden: the cases of KerasTuner's own tests") {
  check::Book book("upstream.json");
  const Answers known = answers();
  const JsonValue cases = cases_of("upstream.json");
  for (const auto& c : cases.elements()) {
    const std::string& id = c.at("id").string();
    if (!id.starts_with("kt.")) continue;
    CAPTURE(id);
    if (const auto answer = known.find(id); answer != known.end()) {
      answer->second(c.at("params"), c.at("inputs"), c.at("expected"));
      book.ran(id, 0);
    } else {
      book.skipped(id, "no answer here");
    }
  }
  book.close("KerasTuner's own tests");
}

TEST_CASE("golden: Hyperband's tables, and the lecture's thirty trials one by one") {
  check::Book book("derived.json");
  const JsonValue cases = cases_of("derived.json");
  for (const auto& c : cases.elements()) {
    const std::string& id = c.at("id").string();
    CAPTURE(id);
    if (id.starts_with("kt.") || id.starts_with("python_random.")) book.skipped(id, "Python's random numbers");
    if (!id.starts_with("hyperband.")) continue;
    const JsonValue &in = c.at("inputs"), &expected = c.at("expected");
    const auto rounds = hyperband_rounds(in.at("max_epochs").integer(), in.at("factor").number());
    auto next = rounds.begin();
    std::int64_t trials = 0;
    for (const auto& bracket : expected.at("brackets").elements())
      for (const auto& round : bracket.at("rounds").elements()) {
        REQUIRE(next != rounds.end());
        CHECK(next->bracket == bracket.at("bracket").integer());
        CHECK(next->round == round.at("round").integer());
        CHECK(next->trials == round.at("trials").integer());
        CHECK(next->epochs == round.at("epochs").integer());
        trials += next++->trials;
      }
    CHECK(next == rounds.end());
    CHECK(trials == expected.at("total_trials").integer());
    if (const JsonValue* epochs = expected.find("total_epochs_run")) CHECK(OraclePlan{.rounds = rounds}.epochs() == epochs->integer());
    if (const JsonValue* sequence = expected.find("serial_sequence"))
      check_serial(in.at("max_epochs").integer(), in.at("factor").number(), *sequence);
    book.ran(id, 0);
  }
  book.close("Hyperband's tables");
}
