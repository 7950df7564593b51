// TPE beside Optuna's sampler on the same trials: the densities' ratio number by number, and where 4,000 proposals fall.
#include <doctest/doctest.h>

#include <cmath>

#include "engine/atomic_file.h"
#include "engine/json.h"
#include "tune/oracles/tpe.h"
#include "tune/space/search_spec.h"

using namespace lehr;

namespace {

Values values_from(const Space& space, const JsonValue& params) {
  return space.fill([&](const Hyperparameter& p) { return p.from_json(params.at(p.name)).value(); });
}

std::vector<Trial> trials_from(const Space& space, const JsonValue& rows) {
  std::vector<Trial> out;
  for (const auto& row : rows.elements()) {
    Trial t{.number = std::ssize(out), .params = values_from(space, row.at("params"))};
    for (const auto s : {TrialState::complete, TrialState::pruned, TrialState::running})
      if (row.at("state").string() == name_of(s)) t.state = s;
    if (const JsonValue* value = row.find("value")) t.values = {value->number()};
    if (const JsonValue* list = row.find("intermediate"))
      for (const auto& pair : list->elements()) t.intermediate.emplace_back(pair.elements()[0].integer(), pair.elements()[1].number());
    out.push_back(std::move(t));
  }
  return out;
}

JsonValue golden() {
  const std::string file = std::string(LEHR_TESTS_DIR) + "/golden/optuna/tpe.json";
  return JsonValue::parse(read_file(file), file);
}

}  // namespace

TEST_CASE("TPE: the densities' ratio is Optuna's") {
  int compared = 0;
  const JsonValue file = golden();
  for (const auto& c : file.at("cases").elements()) {
    const Space space = space_of({{.flag = "optimizer", .values = {c.at("space").string()}}});
    const auto trials = trials_from(space, c.at("trials"));
    for (const auto& point : c.at("points").elements()) {
      const double ratio = tpe_log_ratio({}, {.space = space, .trials = trials}, values_from(space, point.elements()[0]));
      CHECK(ratio == doctest::Approx(point.elements()[1].number()).epsilon(1e-7));
      ++compared;
    }
  }
  CHECK(compared == 80);
}

TEST_CASE("TPE: proposals fall where Optuna's fall") {
  const JsonValue file = golden();
  for (const auto& c : file.at("cases").elements()) {
    const Space space = space_of({{.flag = "optimizer", .values = {c.at("space").string()}}});
    const auto trials = trials_from(space, c.at("trials"));
    constexpr int n = 2000;
    std::vector<Values> proposals;
    for (std::uint64_t seed = 0; seed < n; ++seed) {
      Draw draw = draw_for(seed, OracleStream::tpe, trials.size());
      proposals.push_back(tpe_values({}, {.space = space, .trials = trials, .seed = seed}, draw));
    }
    const double theirs = c.at("proposals").number();
    // Two samples' shares differ by 4.5 standard errors once in 150,000 comparisons.
    const auto agree = [&](const std::string& name, double expected, const auto& at) {
      double share = 0;
      for (const Values& v : proposals) share += at(*v.find(name)) ? 1.0 / n : 0;
      CAPTURE(name);
      CAPTURE(trials.size());
      CHECK(std::abs(share - expected) <= 4.5 * std::sqrt(expected * (1 - expected) * (1.0 / n + 1 / theirs)) + 1e-3);
    };
    for (const auto& p : space.parameters()) {
      const JsonValue& q = c.at("quantiles").at(p.name);
      if (p.categorical()) {
        for (std::size_t k = 0; k < p.choices.size(); ++k)
          agree(p.name, q.at(p.choices[k].text).number(), [&](double v) { return v == static_cast<double>(k); });
      } else {
        for (const auto& pair : q.elements())
          agree(p.name, pair.elements()[0].number(), [&](double v) { return v <= pair.elements()[1].number(); });
      }
    }
  }
}
