// Every decision of Optuna's pruners on recorded curves.
#include <doctest/doctest.h>

#include "engine/atomic_file.h"
#include "engine/spec/parse.h"
#include "tune/pruners/pruner.h"

using namespace lehr;

TEST_CASE("pruners stop what Optuna's stop, at the same step") {
  const auto cases = JsonValue::parse(read_file(std::string(LEHR_TESTS_DIR) + "/golden/optuna/pruners.json"), "pruners.json");
  std::size_t stopped = 0, kept = 0;
  for (const auto& c : cases.elements()) {
    CAPTURE(c.at("pruner").string());
    CAPTURE(c.at("direction").string());
    const Pruner pruner = pruner_catalogue().from(parse_spec(c.at("pruner").string(), "--pruner"));
    const bool maximize = c.at("direction").string() == "maximize";
    std::vector<Trial> trials;
    for (const auto& recorded : c.at("trials").elements()) {
      Trial trial{.number = static_cast<std::int64_t>(trials.size()), .state = TrialState::running};
      for (const auto& row : recorded.at("rows").elements()) {
        trial.intermediate.emplace_back(row.at(0).integer(), row.at(1).number());
        CAPTURE(trial.number);
        CAPTURE(row.at(0).integer());
        const bool wanted = row.at(2).boolean();
        CHECK(pruner.prune(trials, trial, maximize) == wanted);
        ++(wanted ? stopped : kept);
      }
      trial.state = recorded.at("state").string() == "PRUNED" ? TrialState::pruned : TrialState::complete;
      trials.push_back(trial);
    }
  }
  CHECK(stopped > 50);
  CHECK(kept > 500);
}
